"""Smoothing equirect maps on the sphere, at the same angle everywhere: no torch, milliseconds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cubesal.geometry import pixel_angles, sphere_weights

__all__ = ["smooth_on_sphere"]

#: Frequencies along a row whose share of every kernel is below this are left out.
_NEGLIGIBLE = 1e-7


def smooth_on_sphere(
    equirect_map: NDArray[np.floating] | NDArray[np.integer], sigma: float
) -> NDArray[np.float64]:
    """A map under a Gaussian on the sphere.

    The kernel at the angle d is exp((cos d - 1) / sigma²) (von Mises-Fisher, the Gaussian of small
    angles), weighted by pixel area and normalised: a constant stays what it is. Along a row it
    depends on the distance only, so there it is a product of spectra; between rows it is a matrix
    for each frequency.

    Args:
        equirect_map: (H, 2H), pixel centres.
        sigma: radians, above 0. 0 returns a copy.

    Returns:
        (H, 2H).

    Raises:
        ValueError: not an equirect map, or a negative sigma.
    """
    values = np.asarray(equirect_map, np.float64)
    if values.ndim != 2 or values.shape[1] != 2 * values.shape[0] or values.size == 0:
        raise ValueError(f"smoothing on the sphere needs a (H, 2H) map, not {values.shape}")
    if not 0 <= sigma < np.inf:
        raise ValueError(f"sigma must be a finite angle of at least 0, not {sigma}")
    if sigma == 0:
        return values.copy()
    kernel = _kernel_spectra(values.shape[0], float(sigma))
    spectrum = np.zeros((values.shape[0], values.shape[0] + 1), np.complex128)
    rows = np.fft.rfft(values, axis=1)[:, : len(kernel)]
    parts = np.ascontiguousarray(np.stack([rows.real, rows.imag], axis=-1).transpose(1, 0, 2))
    smooth = kernel @ parts
    spectrum[:, : len(kernel)] = (smooth[..., 0] + 1j * smooth[..., 1]).T
    result = np.fft.irfft(spectrum, n=values.shape[1], axis=1)
    # Means of the values lie between them; rounding must not make a density negative.
    return np.clip(result, values.min(), values.max())


@lru_cache(maxsize=4)
def _kernel_spectra(height: int, sigma: float) -> NDArray[np.float64]:
    """(M, height, height): from the spectrum of each row to that of each smoothed row."""
    yaw, pitch = pixel_angles(height)
    apart = np.cos(yaw - yaw[0])
    weights = sphere_weights(height)[:, 0]
    spectra = np.empty((height + 1, height, height))
    for row in range(height):  # one row at a time keeps the memory at a few megabytes
        cosine = np.sin(pitch[row]) * np.sin(pitch)[:, None]
        cosine = cosine + np.cos(pitch[row]) * np.cos(pitch)[:, None] * apart
        kernel = np.exp((cosine - 1) / sigma**2) * weights[:, None]
        # Even in the distance along the row: the spectrum is real.
        spectra[:, row] = np.fft.rfft(kernel / kernel.sum(), axis=1).real.T
    strongest = np.abs(spectra).max(axis=(1, 2))
    kept = int(np.flatnonzero(strongest > _NEGLIGIBLE * strongest[0])[-1]) + 1
    kept_spectra = np.ascontiguousarray(spectra[:kept])
    kept_spectra.setflags(write=False)
    return kept_spectra
