"""A disaster's answer on disk: figures, curve, tornado, layer and map, all together or not at all."""

from pathlib import Path

from d2c.analysis.disaster.study import DisasterOutcome, Study
from d2c.files import atomic_folder
from d2c.output.maps.basemap import ground
from d2c.output.maps.picture import draw_map
from d2c.output.plots.disaster import draw_people
from d2c.output.plots.tornado import draw_tornado
from d2c.output.reports.disaster import (
    DISASTER_FILES,
    cell_columns,
    disaster_report,
    drawn_part,
    people_columns,
)
from d2c.output.reports.sensitivity import span_text, tried_columns
from d2c.results.format.text_files import write_csv, write_json
from d2c.results.format.utc import minute_text
from d2c.results.layers.cells import cells_frame, write_layers

_DECIMALS = {"sent_share": 6, "sent_p90_h": 3, "messages_per_hour": 1}


def write_disaster(asked: DisasterOutcome, decided: Study, folder: Path) -> None:
    """Write the result folder; ResultError if it cannot be written, and then nothing of the folder has changed."""
    report = disaster_report(asked, decided)
    title = asked.scenario.title
    with atomic_folder(folder, replaces=DISASTER_FILES) as staging:
        write_json(staging / "disaster.json", report)
        write_csv(staging / "people.csv", people_columns(asked))
        write_csv(staging / "sensitivity.csv", tried_columns(decided.found), decimals=_DECIMALS)
        (staging / "disaster.png").write_bytes(draw_people(asked, report))
        span = span_text(decided.scenario, whole_h=asked.scenario.time.duration_h)
        tornado = draw_tornado(
            decided.scenario, drawn_part(decided.found), span=span, reasons="disaster.json"
        )
        (staging / "tornado.png").write_bytes(tornado)
        frame = cells_frame(cell_columns(asked), asked.inputs.grid.boundary)
        about = f"Messages by {report['service']} from {report['start_utc']} on."
        write_layers(frame, staging, formats=["gpkg"], layer="disaster", title=title, description=about)
        since = minute_text(report["start_utc"])
        draw_map(
            frame,
            staging / "map.png",
            column="all_sent_min",
            title=f"{title}: until everybody has sent",
            subtitle=f"{report['service']} from {since} UTC; hatched: nobody lives there, or never",
            caption=f"Decided by {report['decided_by'][0]}. Not modelled: {'; '.join(report['not_modelled'])}.",
            **ground(),
        )
