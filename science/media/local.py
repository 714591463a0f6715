"""Where an image is unlike itself: its cells against all of them, and against their neighbours.

A stain is another colour than what surrounds it, a chip is darker, whatever the colour of the whole and
wherever it lies. So cells are compared within one image, and the strongest are kept in order (ADR 0085).
"""

from __future__ import annotations

import numpy as np

CELLS = 16  # along each side
N_CHANNELS = 4  # brightness, red against green, blue against both, spread within the cell
_RANKS = (0, 1, 3, 8, 32)  # of the cells, strongest first


def cell_means(pixels: np.ndarray, grey: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """What cells are like, (*shape, N_CHANNELS), of pixels (height, width, 3); `shape` is rows, columns."""
    red, green, blue = pixels[:, :, 0], pixels[:, :, 1], pixels[:, :, 2]
    means = [_mean(channel, shape) for channel in (grey, red - green, blue - (red + green) * np.float32(0.5))]
    spread = np.sqrt(np.maximum(_mean(grey * grey, shape) - means[0] ** 2, 0))
    return np.stack([*means, spread], axis=2)


def _mean(channel: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    height, width = channel.shape
    rows, columns = height // shape[0], width // shape[1]
    down = np.add.reduce(channel.reshape(shape[0], rows, width), axis=1)
    return np.asarray(np.add.reduce(down.reshape(shape[0], shape[1], columns), axis=2) / (rows * columns))


def local_features(cells: np.ndarray) -> np.ndarray:
    """Features (n, width) of cells (n, CELLS, CELLS, N_CHANNELS)."""
    n = len(cells)
    rim = np.pad(cells, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    nine = sum(rim[:, i : i + CELLS, j : j + CELLS] for i in range(3) for j in range(3))
    apart = (cells - (nine - cells) / 8).reshape(n, -1, N_CHANNELS)
    flat = cells.reshape(n, -1, N_CHANNELS)
    middle = np.median(flat, axis=1)
    parts = [middle]
    for values in (flat - middle[:, None], apart):
        usual = np.median(np.abs(values), axis=1)[:, None] + 2e-3
        ordered = np.sort(values, axis=1)
        low, high = -ordered[:, _RANKS, :], ordered[:, [-1 - rank for rank in _RANKS], :]
        for ends in (low, high):
            parts += [ends.reshape(n, -1), np.arcsinh(ends / usual).reshape(n, -1)]
    return np.hstack(parts)
