"""Numbers that describe an image: thin lines and edges in eight directions, brightness, colour.

Made by hand, for what people are asked about a photo when no large network may be had: is there a
scratch, which digit is it, is it too dark. Responses are pooled over the whole image (where a
scratch lies does not matter) and over a coarse grid (where a digit's strokes lie does).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# (direction along the line, direction across it), as (rows, columns) of one step.
_DIRECTIONS = (
    ((0, 1), (2, 0)), ((1, 0), (0, 2)), ((1, 1), (1, -1)), ((1, -1), (1, 1)),
    ((1, 2), (2, -1)), ((2, 1), (1, -2)), ((1, -2), (2, 1)), ((2, -1), (1, 2)),
)  # fmt: skip
_TAPS = 3  # steps to each side along the line
_ACROSS = 2  # the farthest step across it
_BLOCKS = 16
_GRID = 4
_RANKS = (0, 1, 2, 4, 8, 32)  # of the 256 pooled blocks, strongest first
_FINE = 8


def image_features(pixels: np.ndarray) -> np.ndarray:
    """Features (n,) in float64 of pixels (height, width, 3) in 0..1, each side a multiple of 16."""
    grey = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.concatenate([*_line_features(grey), *_tone_features(pixels, grey)]).astype(np.float64)


def _line_features(grey: np.ndarray) -> list[np.ndarray]:
    short, long = line_responses(grey)
    texture = np.stack([_pool(np.abs(image), np.add) for image in short]) / (grey.size / _BLOCKS**2)
    noise = float(np.median(texture)) + 1e-4
    features = [np.array([noise]), np.sqrt(_coarse(texture, np.mean)).ravel()]
    for images in (short, long):
        brightest = np.stack([_pool(image, np.maximum) for image in images])
        darkest = -np.stack([_pool(image, np.minimum) for image in images])
        for maps in (brightest, darkest):
            strongest = maps.max(axis=0, keepdims=True)
            slanted = maps[2:].max(axis=0, keepdims=True)  # what is upright is rarely a defect
            layers = np.concatenate([maps, strongest, slanted])
            ranked = np.sort(layers.reshape(len(layers), -1), axis=1)[:, ::-1]
            features += [ranked[:, _RANKS].ravel(), ranked.mean(axis=1), ranked[-2:, _RANKS].ravel() / noise]
            features.append(_coarse(strongest, np.max).ravel())
    return features


def _coarse(maps: np.ndarray, how: Callable[..., np.ndarray]) -> np.ndarray:
    step = _BLOCKS // _GRID
    return how(maps.reshape(len(maps), _GRID, step, _GRID, step), axis=(2, 4))


def line_responses(grey: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each direction, how much a pixel's line is brighter (+) or darker (-) than both its sides.

    Taking the weaker side makes a step edge count as no line. The first list averages over a short
    stretch of the line; the second takes the weaker of the stretches before and after the pixel, so
    that only what goes on counts, and a bright speck does not.
    """
    height, width = grey.shape
    reach = 2 * _TAPS  # a step along a line is up to two pixels
    padded = np.pad(grey, _ACROSS + 2 * reach, mode="edge")

    def part(image: np.ndarray, spare: int, rows: int, columns: int) -> np.ndarray:
        """The image with `spare` pixels around it, seen from a shifted place."""
        top = (image.shape[0] - height) // 2 - spare + rows
        left = (image.shape[1] - width) // 2 - spare + columns
        return image[top : top + height + 2 * spare, left : left + width + 2 * spare]

    short, long = [], []
    core = part(padded, 2 * reach, 0, 0)
    for (rows, columns), (across, over) in _DIRECTIONS:
        one = core - part(padded, 2 * reach, across, over)
        other = core - part(padded, 2 * reach, -across, -over)
        thin = _weaker(one, other)
        line = part(thin, reach, 0, 0).copy()
        for k in range(1, _TAPS + 1):
            line += part(thin, reach, k * rows, k * columns)
            line += part(thin, reach, -k * rows, -k * columns)
        line *= np.float32(1 / (2 * _TAPS + 1))
        short.append(part(line, 0, 0, 0))
        ahead, behind = (part(line, 0, way * _TAPS * rows, way * _TAPS * columns) for way in (1, -1))
        long.append(_weaker(ahead, behind))
    return short, long


def _weaker(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The one nearer to zero where both have the same sign, else zero."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    weaker: np.ndarray = np.maximum(low, np.minimum(high, 0, out=high), out=low)
    return weaker


def _pool(image: np.ndarray, how: np.ufunc, blocks: int = _BLOCKS) -> np.ndarray:
    """Reduce an image (height, width) to `blocks` x `blocks`."""
    height, width = image.shape
    rows = how.reduce(image.reshape(blocks, height // blocks, width), axis=1)
    return np.asarray(how.reduce(rows.reshape(blocks, blocks, width // blocks), axis=2))


def _tone_features(pixels: np.ndarray, grey: np.ndarray) -> list[np.ndarray]:
    ordered = np.sort(grey[::2, ::2], axis=None)
    quantiles = ordered[(np.array([0.02, 0.25, 0.5, 0.75, 0.98]) * (len(ordered) - 1)).astype(int)]
    size = grey.size / _FINE**2
    means = np.stack([_pool(pixels[:, :, k], np.add, _FINE) for k in range(3)], axis=2) / size
    half = means.reshape(_FINE // 2, 2, _FINE // 2, 2, 3).mean(axis=(1, 3))
    colour = half - half.mean(axis=2, keepdims=True)
    return [quantiles, np.array([grey.std()]), means.mean(axis=2).ravel(), colour.ravel()]
