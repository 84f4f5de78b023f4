"""Styles of the layers in QGIS: classes, aliases and map tips, from the same table of quantities as the picture."""

from collections.abc import Iterable, Mapping
from html import escape
from itertools import pairwise
from xml.etree import ElementTree as ET

from d2c.output.qgis.xml import VERSION, child, document, element, option_map
from d2c.results.columns import OF_ALL_BEAMS, Quantity, quantities
from d2c.results.layers.geopackage import MIDDLE, quoted

MEAN_C_N = "c_n_mean_db"

_LAND, _SEA, _COAST, _INSIDE = "#f3f1ea", "#dfe8f0", "#4d4d4d", "#8c8c8c"
_NO_DATA, _HATCH = "#dddddd", "#858585"  # as in the picture
_TIP_DECIMALS = {"%": 2, "min": 1, "Mbit/s": 2, "kbit/s": 2}
_STORED_UNITS = {"s": "s", "kbps": "kbit/s"}  # by the end of the name, of what is shown in another unit

_OF_A_LOADED_NETWORK = ("c_in_p50_db", "duty", "rate_p50_kbps", OF_ALL_BEAMS)

_PLAIN_ALIASES = {
    "OGC_FID": "Row",
    "fid": "Row",
    "cell_id": "Cell",
    "beam_cell_id": "Beam cell",
    "colour": "Frequency and polarisation, by number",
    "excluded": "Kept dark",
    "latitude_deg": "Latitude of the centre (°)",
    "longitude_deg": "Longitude of the centre (°)",
    "area_km2": "Area inside the region (km²)",
    "surface": "Surface",
    "country": "Country",
    "region": "Region",
    "start_utc": "Start (UTC)",
    MIDDLE: "Middle (UTC), for the Temporal Controller",
    "end_utc": "End (UTC)",
    "name": "Name",
    "kind": "Kind",
}

Style = tuple[ET.Element, ...]  # what a QML file and a layer of a project have in common


def columns_to_style(columns: Iterable[str], services: Iterable[str]) -> list[str]:
    """Return the columns that people ask for first, as far as they are there; the first one is the default."""
    columns = list(columns)
    endings = ("availability", "probability", "longest_gap_s", "margin_p50_db")
    wanted = [f"{service}_{ending}" for service in services for ending in endings]
    limits = [column for column in columns if column.endswith("_limit_margin_db")]
    wanted = [*_OF_A_LOADED_NETWORK, *wanted, "mean_visible", MEAN_C_N, *limits]
    return [column for column in wanted if column in columns]


def alias(column: str, among: Mapping[str, Quantity] | None = None) -> str:
    """Return what a column is called, with the unit of the numbers that are stored in it.

    The classes of a map may be in another unit (minutes for stored seconds) and say so in their labels. `among`:
    the entries of all columns of the layer, if they are at hand.
    """
    entry = (among or quantities([column])).get(column)
    if entry is None:
        return _PLAIN_ALIASES.get(column, column)
    if entry.factor == 1:
        return entry.title
    return f"{entry.label} ({_STORED_UNITS.get(column.rpartition('_')[2], '0 to 1')})"


def class_rules(column: str, entry: Quantity) -> list[tuple[str, str, str]]:
    """Return filter, label and colour of each class, the lowest first; with the one of no data no value is missed."""
    field = quoted(column)
    # Nine decimals, as in Quantity.shown: 0.1 min are 6 s, not 6.000000000000001.
    stored = [f"{round(limit / entry.factor, 9):.12g}" for limit in entry.limits]
    between = [f"{field} >= {a} AND {field} < {b}" for a, b in pairwise(stored)]
    filters = [f"{field} < {stored[0]}", *between, f"{field} >= {stored[-1]}"]
    labels = [with_unit(label, entry) for label in entry.class_labels()]
    return list(zip(filters, labels, entry.colours, strict=True))


def cells_style(column: str, columns: Iterable[str], *, tips: Iterable[str], hourly: bool = False) -> Style:
    """Return the style of a layer of cells by one of its columns; map tips show the columns of `tips`."""
    columns = list(columns)
    known = quantities(columns)
    entry = known[column]
    renderer, rules, symbols = _rule_renderer()
    classes = [(rule, label, [_fill(colour)]) for rule, label, colour in reversed(class_rules(column, entry))]
    no_data = [_fill(_NO_DATA), _fill(_HATCH, pattern="b_diagonal")]
    classes.append((f"{quoted(column)} IS NULL", "no data", no_data))
    for k, (rule, label, layers) in enumerate(classes):
        _add_rule(rules, symbols, key=f"{column}-{k}", rule=rule, label=label, layers=layers)
    return (
        *([_temporal()] if hourly else []),
        renderer,
        _aliases(columns),
        element("previewExpression", quoted(_name_of_a_cell(columns))),
        element("mapTip", _map_tip(columns, {name: known[name] for name in tips})),
    )


def lines_style() -> Style:
    """Return the style of countries and regions as lines over the cells, with a light edge for the dark ones."""
    renderer, rules, symbols = _rule_renderer()
    renderer.set("symbollevels", "1")  # the edges of all lines below all lines
    for kind, label, colour, width_mm, level in (
        ("country", "Coast and borders", _COAST, 0.2, "2"),
        ("region", "Regions", _INSIDE, 0.1, "1"),
    ):
        layers = [_line("#ffffff", width_mm=width_mm + 0.3, opacity=0.3), _line(colour, width_mm=width_mm)]
        layers[1].set("pass", level)
        _add_rule(rules, symbols, key=kind, rule=f"\"kind\" = '{kind}'", label=label, layers=layers)
    return renderer, _aliases(["name", "kind"]), element("mapTip", '[% "name" %]')


def ground_style() -> Style:
    """Return the style of land and sea under the cells; the sea comes first in the table, so it is drawn first."""
    renderer, rules, symbols = _rule_renderer()
    for kind, label, colour in (("country", "Land", _LAND), ("sea", "Sea", _SEA)):
        _add_rule(rules, symbols, key=kind, rule=f"\"kind\" = '{kind}'", label=label, layers=[_fill(colour)])
    return renderer, _aliases(["name", "kind"]), element("mapTip", '[% "name" %]')


def qml(style: Style) -> str:
    """Return the style as a QML file."""
    root = element("qgis", version=VERSION, styleCategories="AllStyleCategories")
    root.extend(style)
    return document(root)


def with_unit(text: str, entry: Quantity) -> str:
    """Return a number or class with its unit behind it."""
    return f"{text}{'' if entry.unit in ('', '°') else ' '}{entry.unit}"


def _rule_renderer() -> tuple[ET.Element, ET.Element, ET.Element]:
    """Return a renderer and where its rules and its symbols go.

    Rules, since ranges of a graduated renderer are closed at both ends and leave out cells without a figure.
    """
    renderer = element(
        "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0", forceraster="0"
    )
    return renderer, child(renderer, "rules", key="all"), child(renderer, "symbols")


def _add_rule(
    rules: ET.Element, symbols: ET.Element, *, key: str, rule: str, label: str, layers: list[ET.Element]
) -> None:
    name = str(len(symbols))
    child(rules, "rule", key=key, filter=rule, label=label, symbol=name)
    symbol = child(symbols, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    symbol.extend(layers)


def _fill(colour: str, *, pattern: str = "solid") -> ET.Element:
    """Return a symbol layer; its outline in the same colour closes the seams that antialiasing leaves."""
    layer = element("layer", **{"class": "SimpleFill"}, enabled="1", locked="0", **{"pass": "0"})
    outline = {"outline_style": "solid", "outline_width": "0.1", "outline_width_unit": "MM"}
    if pattern != "solid":
        outline = {"outline_style": "no"}
    option_map(layer, {"color": _rgba(colour), "style": pattern, "outline_color": _rgba(colour), **outline})
    return layer


def _line(colour: str, *, width_mm: float, opacity: float = 1.0) -> ET.Element:
    layer = element("layer", **{"class": "SimpleLine"}, enabled="1", locked="0", **{"pass": "0"})
    width = {"line_width": f"{width_mm:g}", "line_width_unit": "MM"}
    option_map(
        layer, {"line_color": _rgba(colour, opacity), "line_style": "solid", "joinstyle": "round", **width}
    )
    return layer


def _rgba(colour: str, opacity: float = 1.0) -> str:
    """Return "#rrggbb" as QGIS writes it."""
    return ",".join(str(part) for part in (*bytes.fromhex(colour[1:]), round(255 * opacity)))


def _temporal() -> ET.Element:
    """Return the setting by which a frame shows the rows whose middle lies in it.

    Not by start and end: QGIS takes a row that ends where the frame begins for one of the frame, and it lets
    GeoPackages compare instants as texts, in which 18:00:00.000Z comes before 18:00:00Z.
    """
    return element(
        "temporal",
        enabled="1",
        mode="1",  # a single field with the instant
        startField=MIDDLE,
        endField="",
        limitMode="0",  # the begin of the frame belongs to it, its end does not
        fixedDuration="0",
        durationField="",
        durationUnit="min",
        accumulate="0",
    )


def _aliases(columns: Iterable[str]) -> ET.Element:
    columns = list(columns)
    aliases, known = element("aliases"), quantities(columns)
    for index, column in enumerate(columns):
        child(aliases, "alias", index=str(index), field=column, name=alias(column, known))
    return aliases


def _name_of_a_cell(columns: Iterable[str]) -> str:
    return "beam_cell_id" if "beam_cell_id" in columns else "cell_id"


def _map_tip(columns: list[str], tips: Mapping[str, Quantity]) -> str:
    """Return what shows at the cell under the mouse: HTML with expressions of QGIS."""
    rows = "".join(
        f"<tr><td>{escape(entry.label)}&nbsp;</td><td align='right'>[% {_as_shown(column, entry)} %]</td></tr>"
        for column, entry in tips.items()
    )
    if "start_utc" in columns:
        form = "'yyyy-MM-dd HH:mm'"
        where = f'[% format_date("start_utc", {form}) %] to [% format_date("end_utc", {form}) %] UTC'
    else:
        names = ", ".join(quoted(name) for name in ("region", "country", "surface") if name in columns)
        where = f"[% array_to_string(array_filter(array({names}), @element <> ''), ', ') %]"
    name = _name_of_a_cell(columns)
    return f"<b>{_PLAIN_ALIASES[name]} [% {quoted(name)} %]</b><br>{where}<table>{rows}</table>"


def _as_shown(column: str, entry: Quantity) -> str:
    """Return the expression of a figure in the unit shown, or "no data"."""
    factor = f" * {entry.factor:g}" if entry.factor >= 1 else f" / {1 / entry.factor:g}"
    decimals = 0 if entry.whole else _TIP_DECIMALS.get(entry.unit, 1)
    unit = with_unit("", entry)
    return f"coalesce(format_number({quoted(column)}{factor}, {decimals}) || '{unit}', 'no data')"
