"""Link reports as tables: what is printed is what the reports hold."""

import csv
import io
import re

import numpy as np
import pytest

from d2c.library import models
from d2c.link.budget import RadioLink
from d2c.link.satellite_geometry import geometry_on_sphere
from d2c.output.format.tables import (
    Notes,
    as_csv,
    as_markdown,
    as_text,
    report_sections,
    residual_doppler_text,
)
from d2c.output.reports.link import beam_source, link_report

SUM_OF_DOUBLES = 1e-10


@pytest.fixture(scope="module")
def reports():
    link = RadioLink(
        models.read_payload("starlink-d2c"),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    services = {name: models.read_service(name) for name in ("text", "cell-broadcast")}
    limits = {name: models.read_limit(name) for name in ("fcc-25-202k", "fcc-25-208w-pcs")}
    return [
        link_report(
            link,
            geometry_on_sphere(altitude_m=360e3, elevation_deg=elevation, beam_radius_m=20e3),
            services,
            limits=limits,
            environment="suburban",
        )
        for elevation in (25.0, 60.0)
    ]


def printed(reports):
    notes = Notes()
    return as_text(report_sections(reports, notes), notes)


def test_lines_add_up_to_c_n(reports):
    for report in reports:
        for direction in ("downlink", "uplink"):
            total = sum(line["sign"] * line["value"] for line in report[direction]["lines"])
            assert total == pytest.approx(report[direction]["c_n_db"], abs=SUM_OF_DOUBLES)


def test_every_line_says_where_it_comes_from(reports):
    for line in (*reports[0]["downlink"]["lines"], *reports[0]["uplink"]["lines"]):
        assert line["source"] or line["assumed"], line["name"]


def test_c_n0_field_strength_and_doppler_by_hand(reports):
    downlink, geometry = reports[0]["downlink"], reports[0]["geometry"]
    assert downlink["c_n0_dbhz"] == pytest.approx(downlink["c_n_db"] + 10 * np.log10(4.5e6), abs=1e-9)
    # 4.5 MHz of the density, and 145.76 dB from dBW/m2 to dBuV/m
    assert downlink["field_strength_dbuv_m"] == pytest.approx(
        downlink["pfd_dbw_m2_mhz"] + 10 * np.log10(4.5) + 145.76, abs=0.005
    )
    assert geometry["doppler_hz"] == pytest.approx(geometry["doppler_ppm"] * 1992.5, rel=1e-12)
    assert geometry["uplink_doppler_hz"] == pytest.approx(geometry["doppler_ppm"] * 1912.5, rel=1e-12)
    assert geometry["residual_doppler_hz"] == pytest.approx(
        geometry["residual_doppler_ppm"] * 1992.5, rel=1e-12
    )


def test_text_holds_the_rounded_lines_of_each_elevation(reports):
    text = printed(reports)
    for line in reports[0]["downlink"]["lines"]:
        other = next(one for one in reports[1]["downlink"]["lines"] if one["name"] == line["name"])
        sign = re.escape("+" if line["sign"] > 0 else "-")
        row = rf"{sign} {re.escape(line['name'])} +{line['value']:.2f} +{other['value']:.2f}  {line['unit']}"
        assert re.search(row, text), row
    assert re.search(rf"= C/N +{reports[0]['uplink']['c_n_db']:.2f}", text)
    assert "-0.00" not in text
    assert max(map(len, text.splitlines())) <= 110


def test_notes_hold_every_source_once_and_star_what_is_assumed(reports):
    text = printed(reports)
    # a line may be broken between two words, or after a hyphen
    flat = re.sub(r"\s+", "", text)
    lines = [*reports[0]["downlink"]["lines"], *reports[0]["uplink"]["lines"]]
    for line in lines:
        note = line["assumed"] or line["source"]
        assert flat.count(re.sub(r"\s+", "", note)) >= 1
    numbers = [int(number) for number in re.findall(r"^\[(\d+)\] ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    starred = {int(n) for n in re.findall(r"\[(\d+)\]\*", text)}
    assumed = {int(n) for n in re.findall(r"^\[(\d+)\] assumed", text, re.MULTILINE)}
    assert starred == assumed
    assert bool(assumed) == any(line["assumed"] for line in lines)


def test_markdown_has_the_same_rows(reports):
    notes = Notes()
    sections = report_sections(reports, notes)
    markdown = as_markdown(sections, notes, head=["a", "b"])
    rows = [
        line.split(" | ") for line in markdown.splitlines() if line.startswith("| ") and "---" not in line
    ]
    assert {len(row) for row in rows} == {6}  # sign, line, two elevations, unit, note
    assert len(rows) == sum(len(section.rows) + 1 for section in sections)
    assert markdown.startswith("a  \nb  \n\n**Geometry**")


def test_csv_adds_up(reports):
    rows = list(csv.DictReader(io.StringIO(as_csv(reports))))
    for report in reports:
        for direction in ("downlink", "uplink"):
            mine = [
                row
                for row in rows
                if row["section"] == direction
                and float(row["elevation_deg"]) == report["geometry"]["elevation_deg"]
            ]
            lines = [row for row in mine if row["sign"]]
            assert all(row["source"] or row["assumed"] for row in lines)
            total = sum(int(row["sign"]) * float(row["value"]) for row in lines)
            c_n_db = next(float(row["value"]) for row in mine if row["name"] == "c_n_db")
            assert total == pytest.approx(c_n_db, abs=SUM_OF_DOUBLES)
            assert c_n_db == report[direction]["c_n_db"]


def test_limits_and_their_margins(reports):
    by_name = {limit["name"]: limit for limit in reports[0]["limits"]}
    pcs = by_name["fcc-25-208w-pcs"]
    # 47 CFR 25.208(w)(2): 47 dBuV/m of the whole emission
    assert pcs["limit"] == 47.0
    assert pcs["level"] == pytest.approx(reports[0]["downlink"]["field_strength_dbuv_m"], abs=1e-9)
    assert pcs["margin_db"] == pytest.approx(47.0 - pcs["level"], abs=1e-9)
    text = printed(reports)
    assert "margin of the channel itself, one beam alone" in text
    assert "Limit fcc-25-208w-pcs" in text


def test_payload_without_uplink():
    link = RadioLink(
        models.read_payload("starlink-d2c").model_copy(update={"uplink": None}),
        models.read_handset("3gpp-handheld"),
        models.read_loss_set("outdoor"),
    )
    sight = geometry_on_sphere(altitude_m=360e3, elevation_deg=40.0)
    report = link_report(link, sight, {"cell-broadcast": models.read_service("cell-broadcast")})
    assert report["uplink"] is None
    assert report["geometry"]["uplink_doppler_hz"] is None
    assert report["geometry"]["residual_doppler_ppm"] is None
    assert report["services"][0]["uplink_margin_db"] is None
    assert report["services"][0]["limited_by"] == "downlink"
    text = printed([report])
    assert "Uplink" not in text
    assert "beam centre" not in text
    assert as_csv([report]).count("uplink") == 0
    assert residual_doppler_text(beam_source(None)).startswith("no residual Doppler")
