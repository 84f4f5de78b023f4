"""The Zarr cube of a result folder: written if the scenario requests it, otherwise removed."""

from collections.abc import Callable
from pathlib import Path

from d2c.coverage.inputs import Inputs
from d2c.results.cube.writer import CubeWriter, remove_cube
from d2c.scenario.model import Scenario

CUBE = "cube.zarr"


class ResultCube:
    """cube.zarr of a folder; files change only after the run has read its inputs and locked the folder."""

    def __init__(self, folder: Path, scenario: Scenario, *, fresh: bool) -> None:
        """Prepare the cube; `fresh` ignores an unfinished cube of an earlier run."""
        self._path, self._scenario, self._fresh = folder / CUBE, scenario, fresh
        self._writer: CubeWriter | None = None

    @property
    def opener(self) -> Callable[[Inputs, str], CubeWriter] | None:
        """Return the function that opens the cube for inputs and their hash (the key); None if not requested."""
        return self._open if self._scenario.output.cube else None

    def _open(self, inputs: Inputs, key: str) -> CubeWriter:
        scenario, grid = self._scenario, inputs.grid
        self._writer = CubeWriter(
            self._path,
            key=key,
            cell_id=grid.cell_id,
            latitude_deg=grid.latitude_deg,
            longitude_deg=grid.longitude_deg,
            start=inputs.start,
            every_us=scenario.cube_steps * scenario.time.step_us,
            slots=scenario.cube_slots,
            satellite_names=inputs.constellation.name,
            norad_id=inputs.constellation.norad_id,
            title=scenario.title,
            fresh=self._fresh,
        )
        return self._writer

    def finish(self) -> None:
        """Move the finished cube to its final path; a result without a cube removes an earlier one."""
        if self._writer:
            self._writer.finish()
        else:
            remove_cube(self._path)
