"""Service of a region's phones by the posture in which people have them: in the hand, in a pocket, indoors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2c.coverage.statistics.coverage import CoverageStatistics
from d2c.coverage.statistics.fields import counter, lock, merged

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class PostureService:
    """Sums over a region's phones in each of H postures, none where phones have no posture.

    weight (H,): the area that each phone stands for; served (V, H): the same times its share of time with a service.
    """

    weight: Floats = counter("H", np.float64)
    served: Floats = counter("VH", np.float64)

    def __post_init__(self) -> None:
        """Lock the arrays."""
        lock(self)

    def shares(self) -> Floats:
        """Return the share of phones, area and time with each service, (V, H); NaN for a posture without phones."""
        with np.errstate(invalid="ignore"):
            return self.served / self.weight


def posture_service(
    statistics: CoverageStatistics,
    posture: Longs,
    *,
    postures: int,
    variant: NDArray[np.int32],
    area_m2: Floats,
) -> PostureService:
    """Compute the sums over cells; posture (M, P): of each phone in each variant; variant, area_m2 (G,)."""
    services = statistics.served.shape[0]
    weight, served = np.zeros(postures), np.zeros((services, postures))
    first = 0
    for piece in statistics.pieces():
        cells = slice(first, first + piece.served.shape[-1])
        of_phone = posture[variant[cells]]
        for h in range(postures):
            phone_m2 = (of_phone == h) * area_m2[cells, None]
            weight[h] += phone_m2.sum()
            served[:, h] += np.einsum("vpg,gp->v", piece.served, phone_m2) / piece.samples
        first = cells.stop
    return PostureService(weight, served)


def add_posture_service(a: PostureService, b: PostureService) -> PostureService:
    """Return the sums over two disjoint sets of cells."""
    return PostureService(**merged(a, b))
