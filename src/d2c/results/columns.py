"""The table of all columns of results: unit, decimals, label, meaning and map classes of each.

Rounding, maps, styles, the web page and docs/columns.md take them from here (column_lookup.py), so that they agree.
"""

from d2c.coverage.statistics.waiting import COLUMN_WAITS_S
from d2c.results.column import (
    AROUND_ZERO,
    GREYS,
    MORE_IS_BETTER,
    MORE_IS_WORSE,
    Column,
    classes,
    count,
    number,
    share,
    text,
)

# Classes of shares are narrow near 100 %: an hour without service in a day is already 95.8 %.
_SHARE = classes(MORE_IS_BETTER, 50.0, 80.0, 90.0, 95.0, 99.0, 99.9)
# Of services, for phones that are never served too.
_SERVED = classes(MORE_IS_BETTER, 20.0, 50.0, 80.0, 90.0, 95.0, 99.0, 99.9)
_C_N = classes(MORE_IS_BETTER, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0)
_C_IN = classes(
    MORE_IS_BETTER, -5.0, 0.0, 5.0, 10.0, 15.0, 18.0, 20.0
)  # a network at low load, to a busy one
_RSRP = classes(MORE_IS_BETTER, -130.0, -125.0, -120.0, -115.0, -110.0, -105.0, -100.0)
_RSRQ = classes(MORE_IS_BETTER, -19.0, -17.0, -15.0, -13.0, -11.0, -9.0, -7.0)
_PEOPLE = classes(MORE_IS_BETTER, 1.0, 100.0, 1000.0, 5000.0, 10_000.0, 50_000.0, 100_000.0)


def _within(ending: str, wait_s: int) -> Column:
    """Return the column of a wait: `_within_5min`."""
    minutes = wait_s // 60
    duration = {1: "a minute", 60: "an hour"}.get(minutes, f"{minutes} minutes")
    meaning = f"Probability that a random phone is served within {duration} of a random instant."
    return share(f"_{ending}", f"Served within {minutes} min", meaning, _SERVED)


# fmt: off
# By the tables of docs/columns.md; a column that several layers have stands with the first of them.
COLUMNS: dict[str, tuple[Column, ...]] = {
    "cells": (
        text("cell_id", "Cell", "H3 index, or the centre of a latitude/longitude box."),
        number("latitude_deg", "Latitude of the centre", "Latitude of the centre of the cell, WGS 84; the handset "
               "is at the centre, at height 0."),
        number("longitude_deg", "Longitude of the centre", "Longitude of the centre of the cell, WGS 84."),
        number("area_km2", "Area inside the region", "Area of the part of the cell inside the region."),
        count("population", "People per cell", "People who live in the cell; outside Italy only those of larger "
              "places, assigned to their centre.", _PEOPLE),
        text("surface", "Surface", "`land` or `sea`, whichever covers more of the part inside the region."),
        text("country", "Country", "Country with the most land in that part; empty without land."),
        text("region", "Region", "Region with the most land in that part; empty without land."),
    ),
    "sky": (
        share("visible_fraction", "Time with a satellite in view",
              "Share of the time with at least one satellite above the elevation mask.", _SHARE),
        number("mean_visible", "Satellites in view, mean",
               "Satellites above the elevation mask, on average over the span.",
               classes(MORE_IS_BETTER, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0), unit="", decimals=6),
        count("max_visible", "Satellites in view, most at once",
              "The largest number of satellites above the elevation mask at any instant.",
              classes(MORE_IS_BETTER, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0)),
        number("max_elevation_deg", "Highest elevation reached", "The highest elevation that any satellite reached.",
               classes(MORE_IS_BETTER, 25.0, 40.0, 50.0, 60.0, 70.0, 80.0)),
        number("c_n_p05_db", "Downlink C/N, 5th percentile of the time in view",
               "C/N of the best satellite: below this in 5 % of the time with a satellite in view.", _C_N),
        number("c_n_p50_db", "Downlink C/N, median of the time in view",
               "C/N of the best satellite: exceeded in half of the time with a satellite in view.", _C_N),
        number("c_n_p95_db", "Downlink C/N, 95th percentile of the time in view",
               "C/N of the best satellite: above this in 5 % of the time with a satellite in view.", _C_N),
        number("rsrp_p50_dbm", "Reference signal received power, median of the time in view",
               "RSRP of the best satellite, per resource element of 15 kHz: exceeded in half of the time with a "
               "satellite in view.", _RSRP,
               loaded_label="Reference signal received power, median",
               loaded_meaning="RSRP of the serving beam, per resource element of 15 kHz: exceeded in half of the time "
               "with a beam."),
    ),
    "services": (
        share("_availability", "Availability",
              "Share of phones and of the time with a satellite in view to which the link closes.", _SERVED,
              loaded_meaning="Share of phones and of the time with a beam whose link closes over noise and "
              "interference, and whose time carries the service for all who use it at once."),
        number("_longest_gap_s", "Longest gap",
               "The longest time without the service for the median phone, in whole time steps; none where it is never "
               "served.",
               classes(MORE_IS_WORSE, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 180.0), displayed_unit="min",
               missing="never served"),
        text("_longest_gap_is_lower_bound", "Longest gap is cut",
             "Whether the span cuts the longest gap, which is then at least so long; also where the median phone is "
             "never served."),
        number("_mean_wait_s", "Mean wait",
               "Mean waiting time of a random phone for the service from a random instant, 0 where it is served at "
               "once; half of the span for a phone that is never served, none where no phone ever is.",
               classes(MORE_IS_WORSE, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0), displayed_unit="min", missing="never served"),
        *(_within(ending, wait_s) for ending, wait_s in COLUMN_WAITS_S.items()),
        number("_margin_p50_db", "Median margin",
               "Link margin exceeded by half of the phones and of the time with a satellite in view; negative: no "
               "service.",
               classes(AROUND_ZERO, -15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0),
               loaded_meaning="Link margin exceeded by half of the phones and of the time with a beam to camp on; "
               "negative: no service."),
    ),
    "limits": (
        number("_limit_margin_db", "Smallest margin to the limit",
               "Smallest distance of the level from the limit during the span; negative: limit exceeded.",
               classes(AROUND_ZERO, -40.0, -30.0, -20.0, -10.0, 0.0, 10.0, 20.0),
               loaded_label="Smallest margin of all beams together to the limit",
               loaded_meaning="Smallest distance of all co-channel beams together from the limit; negative: limit "
               "exceeded."),
    ),
    "network": (
        share("camping", "Camping", "Share of phones and of the time with a beam that a phone can camp on.", _SERVED),
        number("rsrp_p05_dbm", "Reference signal received power, 5th percentile",
               "RSRP of the serving beam: lower than this in 5 % of the time with a beam.", _RSRP),
        number("rsrp_p95_dbm", "Reference signal received power, 95th percentile",
               "RSRP of the serving beam: higher than this in 5 % of the time with a beam.", _RSRP),
        number("rsrq_p50_db", "Reference signal received quality, median",
               "RSRQ of the serving beam with one antenna port: exceeded in half of the time with a beam.", _RSRQ),
        number("c_in_p05_db", "Downlink C/(I+N), 5th percentile of the time with a beam",
               "C/(I+N) of the serving beam's reference signals while it is alight: lower than this in 5 % of the time "
               "with a beam.", _C_IN),
        number("c_in_p50_db", "Downlink C/(I+N), median of the time with a beam",
               "C/(I+N) of the serving beam's reference signals while it is alight: exceeded in half of the time with "
               "a beam.", _C_IN),
        number("c_in_p95_db", "Downlink C/(I+N), 95th percentile of the time with a beam",
               "C/(I+N) of the serving beam's reference signals while it is alight: higher than this in 5 % of the "
               "time with a beam.", _C_IN),
        number("c_i_p50_db", "Downlink C/I, median of the time with a beam",
               "Carrier to interference from co-channel beams: exceeded in half of the time with a beam.", _C_IN),
        share("duty", "Hop share of the serving beam",
              "Share of time that the serving beam gives a cell that asks: satellites have fewer beams than cells.",
              classes(MORE_IS_BETTER, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0)),
        number("rate_p50_kbps", "Bit rate of a beam, median",
               "Bit rate of a whole beam at this place while it is alight, median; shared by its users.",
               classes(MORE_IS_BETTER, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0), displayed_unit="Mbit/s"),
        number("throughput_kbps_km2", "Throughput by area, mean",
               "What the beams carry here for all users together, mean over the span, by area.",
               classes(MORE_IS_BETTER, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)),
        number("handovers_per_hour", "Handovers of a phone",
               "Changes of a phone to another beam that is stronger by 3 dB, or because its own is gone.",
               classes(MORE_IS_WORSE, 1.0, 5.0, 10.0, 20.0, 40.0, 60.0)),
        number("pfd_max_dbw_m2_mhz", "Highest power flux density of all beams together",
               "Highest power flux density of the serving beam, together with the mean of all others of its frequency.",
               classes(MORE_IS_WORSE, -90.0, -85.0, -80.0, -78.0, -76.0, -74.0, -72.0)),
    ),
    "beams": (
        text("beam_cell_id", "Beam cell", "Coordinates of the beam cell in the lattice."),
        count("colour", "Frequency and polarisation, by number",
              "Number of the frequency, from 0 on; plus `reuse` for the second of two polarisations."),
        text("excluded", "Excluded from beams", "Whether `beams.exclusions` keep the beam cell without a beam."),
        share("served", "Time with a satellite",
              "Share of the span in which a satellite serves the beam cell.", _SHARE),
        share("alight", "Time alight", "Share of the span in which a beam is alight over the beam cell.",
              classes(MORE_IS_BETTER, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0)),
        number("throughput_mbps", "Throughput of a beam cell, mean",
               "Total bit rate of all users of the beam cell, mean over the whole span.",
               classes(MORE_IS_BETTER, 0.2, 0.4, 0.5, 0.6, 0.8, 1.2, 2.5)),
        number("kbps_per_person", "Bit rate of each active person",
               "Bit rate of each simultaneous user, mean over the whole span.",
               classes(MORE_IS_BETTER, 0.1, 0.5, 1.0, 5.0, 20.0, 100.0), unit="kbit/s", decimals=4),
    ),
    "hourly": (
        text("start_utc", "Start (UTC)", "Start of the hour."),
        text("middle_utc", "Middle (UTC), for the Temporal Controller",
             "Middle of the hour, by which QGIS selects its rows."),
        text("end_utc", "End (UTC)", "End of the hour."),
        number("c_n_mean_db", "Downlink C/N, mean of the time in view",
               "C/N of the best satellite, mean over the time with a satellite in view.", _C_N),
        share("hop_share", "Hop share at the start of the hour",
              "Share of time that a satellite gives the beam cell at the centre of the cell while it asks, at the "
              "start of the hour; 0 without a satellite.",
              classes(GREYS, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0)),
    ),
    "borders": (
        text("fid", "Row", "Number of the row in a layer of the GeoPackage."),
        text("OGC_FID", "Row", "Number of the row in the layer `hourly`, which is a view."),
        text("name", "Name", "Name of the country or region."),
        text("kind", "Kind", "`country`, `region` or `sea`."),
    ),
    "timeline": (
        text("utc", "Instant (UTC)", "Instant of the step."),
        count("satellites_in_view", "Satellites in view", "Satellites above the mask of at least one cell."),
        share("visible_cell_fraction", "Cells with a satellite in view",
              "Share of the cells with a satellite above the mask."),
        share("visible_area_fraction", "Area with a satellite in view",
              "Share of the area with a satellite above the mask."),
        share("_cell_fraction", "Cells served", "Share of the cells with the service."),
        share("_area_fraction", "Area served", "Share of the area with the service."),
        number("beams_alight", "Beams alight", "Beams alight over the beam cells at a time, on average.", unit="",
               decimals=6),
        count("unserved_beam_cells", "Beam cells without a satellite", "Beam cells that no satellite can serve."),
    ),
    "satellites": (
        text("satellite", "Satellite", "Name of the satellite."),
        count("norad_id", "NORAD id", "Catalogue number of the satellite."),
        share("serving", "Time serving", "Share of the span in which it serves a beam cell here."),
        number("beam_cells", "Beam cells", "Beam cells here that it serves, mean while serving.", unit="", decimals=6),
        number("beams_alight", "Beams alight", "Its beams alight, those elsewhere too, mean while serving.", unit="",
               decimals=6),
        number("idle_beams", "Idle beams", "Its beams that are not alight, mean while serving.", unit="", decimals=6),
    ),
    "site": (
        share("_probability", "Probability under shadowing",
              "Probability that the link of one place to the best satellite closes, including shadowing and blockage; "
              "with an environment.", _SHARE),
    ),
    "disaster": (
        number("next_contact_min", "First contact after the instant",
               "Time from the event to the first contact of the median phone of the cell, none if half have none.",
               classes(MORE_IS_WORSE, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 180.0)),
        number("contact_min_per_hour", "Contact in an hour", "Minutes of contact per hour, mean over phones.",
               classes(MORE_IS_BETTER, 1.0, 3.0, 6.0, 15.0, 30.0, 55.0), unit="min", decimals=3),
        share("never_served_fraction", "Never served",
              "Share of the cell's phones without a contact in the span: no message gets through from where they are."),
        number("all_sent_min", "Time until all messages are sent",
               "Time until all people of the cell have sent their messages, as far as they have a contact.",
               classes(MORE_IS_WORSE, 30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0)),
        number("since_instant_min", "Time since the event", "Time since the event."),
        share("sent_fraction", "Messages sent", "Share of all messages that have been sent by then."),
        text("contacts_repeated", "Contacts repeated",
             "Whether the instant lies after the span, whose contacts are then taken to repeat."),
    ),
    "admin_areas": (
        text("region_code", "Code of the region", "ISTAT code of the region, 2 digits, as text."),
        text("province_code", "Code of the province", "ISTAT code of the province, 3 digits, as text."),
        text("province", "Province", "Name of the province."),
        text("province_short", "Province, short", "Abbreviation of the province; `NA` is Napoli."),
        text("istat_code", "Code of the municipality", "ISTAT code of the municipality, 6 digits, as text."),
        text("municipality", "Municipality", "Name of the municipality."),
        count("cells", "Cells", "Cells in which the people of the administrative area live."),
        count("_population_90", "People with 90 %", "People in cells with the service for 90 % of phones and time."),
        count("_population_99", "People with 99 %", "People in cells with the service for 99 % of phones and time."),
        number("_longest_gap_mean_s", "Longest gap, mean",
               "Longest gap of each cell, mean over the people of the cells that have one."),
        count("_population_never", "People never served", "People in cells whose median phone is never served."),
    ),
}
# fmt: on
