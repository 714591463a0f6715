"""Numbers that describe an image: thin lines and edges in eight directions, brightness, colour, odd places.

Made by hand, for what people are asked about a photo when no large network may be had: is there a
scratch or a stain, which digit is it, is it too dark. Responses are pooled over the whole image (where a
scratch lies does not matter) and over a coarse grid (where a digit's strokes lie does).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from science.media.local import cell_means, local_features

# (direction along the line, direction across it), as (rows, columns) of one step.
_DIRECTIONS = (
    ((0, 1), (2, 0)), ((1, 0), (0, 2)), ((1, 1), (1, -1)), ((1, -1), (1, 1)),
    ((1, 2), (2, -1)), ((2, 1), (1, -2)), ((1, -2), (2, 1)), ((2, -1), (1, 2)),
)  # fmt: skip
_TAPS = 3  # steps to each side along the line
_ACROSS = 2  # the farthest step across it
_MARGIN = _ACROSS + 4 * _TAPS  # how far a response sees: two steps of up to two pixels, and across
_BLOCKS = 16
_GRID = 4
_RANKS = (0, 1, 2, 4, 8, 32)  # of the 256 pooled blocks, strongest first
_FINE = 8

Box = tuple[int, int, int, int]
Pools = tuple[np.ndarray, ...]


def image_features(pixels: np.ndarray) -> np.ndarray:
    """Features (n,) in float64 of pixels (height, width, 3) in 0..1, each side a multiple of 16."""
    return Described(pixels).features


class Described:
    """One image with the features it has, and those it would have if a part of it were another.

    Covering a box changes lines only near it and cells only in it, so only the blocks around it are looked at
    again: the same numbers as `image_features` of the changed image, bit for bit, at a tenth of the cost.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self._grey_image = pixels, _grey(pixels)
        everything = (0, _BLOCKS, 0, _BLOCKS)
        self._pools = _pooled(self._grey_image, everything)
        self._cells = cell_means(pixels, self._grey_image, (_BLOCKS, _BLOCKS))

    @property
    def features(self) -> np.ndarray:
        """What `image_features` gives."""
        (features,) = _all_features([self._pools], [self._grey_image], [self._cells])
        return np.asarray(features)

    def with_changes(self, changed: Sequence[tuple[np.ndarray, Box]]) -> np.ndarray:
        """Features (n, width) of variants: the changed image, and the box (top, bottom, left, right) in which
        alone it differs."""
        if not changed:
            return np.zeros((0, 0))
        pools, greys, cells = [], [], []
        for pixels, box in changed:
            top, bottom, left, right = box
            grey = self._grey_image.copy()
            grey[top:bottom, left:right] = _grey(pixels[top:bottom, left:right])
            window = _blocks_around(box, grey.shape, _MARGIN)
            part = _pooled(grey, window)
            pools.append(
                tuple(_replaced(old, new, window) for old, new in zip(self._pools, part, strict=True))
            )
            greys.append(grey)
            cells.append(self._cells_with(pixels, grey, _blocks_around(box, grey.shape, 0)))
        return _all_features(pools, greys, cells)

    def _cells_with(self, pixels: np.ndarray, grey: np.ndarray, window: Box) -> np.ndarray:
        top, bottom, left, right = window
        rows, columns = grey.shape[0] // _BLOCKS, grey.shape[1] // _BLOCKS
        own = slice(top * rows, bottom * rows), slice(left * columns, right * columns)
        cells = self._cells.copy()
        cells[top:bottom, left:right] = cell_means(pixels[own], grey[own], (bottom - top, right - left))
        return cells


def _grey(pixels: np.ndarray) -> np.ndarray:
    """Brightness; pixel by pixel, so that a part of an image gives the same numbers as the whole."""
    parts = [pixels[..., k] * np.float32(share) for k, share in enumerate((0.299, 0.587, 0.114))]
    return np.asarray(parts[0] + parts[1] + parts[2])


def _all_features(
    pools: Sequence[Pools], greys: Sequence[np.ndarray], cells: Sequence[np.ndarray]
) -> np.ndarray:
    stacked = np.stack(cells).astype(np.float64)
    tones = np.stack([_tones(grey) for grey in greys])
    parts = [_line_features(pools, greys[0].size), tones, _places(stacked), local_features(stacked)]
    return np.hstack(parts)


def _blocks_around(box: Box, shape: tuple[int, ...], margin: int) -> Box:
    """The blocks in which what sees `margin` pixels far can see into a box of pixels."""
    edges = []
    for (first, last), size in zip((box[:2], box[2:]), shape, strict=True):
        step = size // _BLOCKS
        edges += [max(0, (first - margin) // step), min(_BLOCKS, -(-(last + margin) // step))]
    return (edges[0], edges[1], edges[2], edges[3])


def _replaced(old: np.ndarray, new: np.ndarray, window: Box) -> np.ndarray:
    top, bottom, left, right = window
    out = old.copy()
    out[..., top:bottom, left:right] = new
    return out


def _pooled(grey: np.ndarray, window: Box) -> Pools:
    """The responses of a window of blocks, reduced block by block (directions, rows, columns)."""
    rows, columns = grey.shape[0] // _BLOCKS, grey.shape[1] // _BLOCKS
    top, bottom, left, right = window
    padded = np.pad(grey, _MARGIN, mode="edge")[
        top * rows : bottom * rows + 2 * _MARGIN, left * columns : right * columns + 2 * _MARGIN
    ]
    short, long = _responses(padded)
    shape = (bottom - top, right - left)
    texture = np.stack([_pool(np.abs(image), np.add, shape) for image in short])
    pools = [texture]
    for images in (short, long):
        pools.append(np.stack([_pool(image, np.maximum, shape) for image in images]))
        pools.append(-np.stack([_pool(image, np.minimum, shape) for image in images]))
    return tuple(pools)


def _line_features(pools: Sequence[Pools], n_pixels: int) -> np.ndarray:
    """Features (n, width) of the pooled responses of n images of one size."""
    n = len(pools)
    texture = np.stack([part[0] for part in pools]) / (n_pixels / _BLOCKS**2)
    noise = np.median(texture.reshape(n, -1), axis=1).astype(np.float64) + 1e-4
    features = [noise[:, None], np.sqrt(_coarse(texture, np.mean)).reshape(n, -1)]
    below = noise.astype(np.float32)[:, None]
    for k in range(1, 5):
        maps = np.stack([part[k] for part in pools])
        strongest = maps.max(axis=1, keepdims=True)
        slanted = maps[:, 2:].max(axis=1, keepdims=True)  # what is upright is rarely a defect
        layers = np.concatenate([maps, strongest, slanted], axis=1)
        ranked = np.sort(layers.reshape(n, layers.shape[1], -1), axis=2)[:, :, ::-1]
        features += [
            ranked[:, :, _RANKS].reshape(n, -1),
            ranked.mean(axis=2),
            ranked[:, -2:, _RANKS].reshape(n, -1) / below,
            _coarse(strongest, np.max).reshape(n, -1),
        ]
    return np.hstack([part.astype(np.float64) for part in features])


def _coarse(maps: np.ndarray, how: Callable[..., np.ndarray]) -> np.ndarray:
    step = _BLOCKS // _GRID
    return how(maps.reshape(*maps.shape[:2], _GRID, step, _GRID, step), axis=(3, 5))


def line_responses(grey: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each direction, how much a pixel's line is brighter (+) or darker (-) than both its sides.

    Taking the weaker side makes a step edge count as no line. The first list averages over a short
    stretch of the line; the second takes the weaker of the stretches before and after the pixel, so
    that only what goes on counts, and a bright speck does not.
    """
    return _responses(np.pad(grey, _MARGIN, mode="edge"))


def _responses(padded: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """`line_responses` of what lies inside a rim of `_MARGIN` pixels."""
    height, width = (size - 2 * _MARGIN for size in padded.shape)
    reach = 2 * _TAPS  # a step along a line is up to two pixels

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


def _pool(image: np.ndarray, how: np.ufunc, blocks: tuple[int, int]) -> np.ndarray:
    """Reduce an image (height, width) to `blocks` (rows, columns)."""
    height, width = image.shape
    rows = how.reduce(image.reshape(blocks[0], height // blocks[0], width), axis=1)
    return np.asarray(how.reduce(rows.reshape(blocks[0], blocks[1], width // blocks[1]), axis=2))


def _tones(grey: np.ndarray) -> np.ndarray:
    """How bright the image is: quantiles, and the spread."""
    sample = grey[::2, ::2].ravel()
    wanted = (np.array([0.02, 0.25, 0.5, 0.75, 0.98]) * (len(sample) - 1)).astype(int)
    return np.append(np.partition(sample, wanted)[wanted], grey.std()).astype(np.float64)


def _places(cells: np.ndarray) -> np.ndarray:
    """Brightness and colour by where they lie, (n, width), of cells (n, 16, 16, channels)."""
    n, step = len(cells), _BLOCKS // _FINE
    fine = cells.reshape(n, _FINE, step, _FINE, step, -1).mean(axis=(2, 4))
    coarse = fine.reshape(n, _FINE // 2, 2, _FINE // 2, 2, -1).mean(axis=(2, 4))
    return np.hstack([fine[..., 0].reshape(n, -1), coarse[..., 1:3].reshape(n, -1)])
