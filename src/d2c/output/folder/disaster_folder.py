"""Result folder of a disaster study: report, curve, tornado plot, layer and map, written atomically."""

from pathlib import Path

from d2c.analysis.disaster.study import DisasterResult, DisasterSensitivity
from d2c.coverage.ground import drawn_area
from d2c.files import atomic_folder
from d2c.local_time import shown_minute
from d2c.output.maps.basemap import basemap_layers
from d2c.output.maps.picture import draw_map
from d2c.output.plots.disaster import draw_messages_sent
from d2c.output.plots.tornado import draw_tornado
from d2c.output.reports.disaster import (
    DISASTER_FILES,
    about_text,
    cell_columns,
    disaster_report,
    limits_text,
    people_columns,
    tornado_figures,
)
from d2c.output.reports.sensitivity import span_text, variation_columns
from d2c.results.format.text_files import write_csv, write_json
from d2c.results.layers.cells import cells_frame, write_layers

_DECIMALS = {"sent_share": 6, "never_share": 6, "sent_p90_h": 3, "messages_per_hour": 1}


def write_disaster(outcome: DisasterResult, study: DisasterSensitivity, folder: Path) -> None:
    """Write the result folder; ResultError if it cannot be written, and then the folder is unchanged."""
    report = disaster_report(outcome, study)
    title = outcome.scenario.title
    with atomic_folder(folder, replaces=DISASTER_FILES) as staging:
        write_json(staging / "disaster.json", report)
        write_csv(staging / "people.csv", people_columns(outcome))
        write_csv(staging / "sensitivity.csv", variation_columns(study.sensitivity), decimals=_DECIMALS)
        (staging / "disaster.png").write_bytes(draw_messages_sent(outcome, report))
        span = span_text(study.scenario, whole_h=outcome.scenario.time.duration_h)
        tornado = draw_tornado(
            study.scenario, tornado_figures(study.sensitivity), span=span, reasons="disaster.json"
        )
        (staging / "tornado.png").write_bytes(tornado)
        frame = cells_frame(cell_columns(outcome), outcome.inputs.grid.boundary)
        description = f"Messages by {report['service']} from {report['start_utc']} on."
        write_layers(frame, staging, formats=["gpkg"], layer="disaster", title=title, description=description)
        since = shown_minute(report["start_utc"])
        draw_map(
            frame,
            staging / "map.png",
            column="all_sent_min",
            title=f"{title}: time until all messages are sent",
            subtitle=f"{report['service']} from {since}, people with a contact; hatched: there are none",
            caption=f"{about_text(report)} {limits_text(report)}",
            area=drawn_area(outcome.scenario),
            **basemap_layers(),
        )
