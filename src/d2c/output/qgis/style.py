"""QGIS layer styles: classes, aliases and map tips, from the same map definitions as the printed maps."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from xml.etree import ElementTree as ET

from d2c.output.format.colours import AREA_COLOUR
from d2c.output.format.markup import escape
from d2c.output.qgis.xml import VERSION, child, document, element, option_map
from d2c.results.column import Quantity
from d2c.results.column_lookup import AGGREGATE_PFD_COLUMN, column_alias, map_quantities
from d2c.results.layers.geopackage import MID_TIME_FIELD, quote_identifier

MEAN_C_N = "c_n_mean_db"

_LAND, _SEA, _COAST, _INSIDE = "#f3f1ea", "#dfe8f0", "#4d4d4d", "#8c8c8c"
_NO_DATA, _HATCH = "#dddddd", "#858585"  # as on printed maps
_TIP_DECIMALS = {"%": 2, "min": 1, "Mbit/s": 2, "kbit/s": 2}

_NETWORK_COLUMNS = ("c_in_p50_db", "duty", "rate_p50_kbps", AGGREGATE_PFD_COLUMN)

Style = tuple[ET.Element, ...]  # elements shared by a QML file and a project layer


def columns_to_style(columns: Iterable[str], services: Iterable[str]) -> list[str]:
    """Return the most requested columns that exist, in order; the first is the default."""
    columns = list(columns)
    endings = ("availability", "probability", "longest_gap_s", "margin_p50_db")
    wanted = [f"{service}_{ending}" for service in services for ending in endings]
    limits = [column for column in columns if column.endswith("_limit_margin_db")]
    wanted = [*_NETWORK_COLUMNS, *wanted, "mean_visible", MEAN_C_N, *limits]
    return [column for column in wanted if column in columns]


def class_rules(column: str, entry: Quantity) -> list[tuple[str, str, str]]:
    """Return filter, label and colour of each class, lowest first; together with "no data" they cover all values."""
    field = quote_identifier(column)
    # Nine decimals, as in Quantity.display_values: 0.1 min are 6 s, not 6.000000000000001.
    stored = [f"{round(limit / entry.factor, 9):.12g}" for limit in entry.limits]
    between = [f"{field} >= {a} AND {field} < {b}" for a, b in pairwise(stored)]
    filters = [f"{field} < {stored[0]}", *between, f"{field} >= {stored[-1]}"]
    labels = [with_unit(label, entry) for label in entry.class_labels()]
    return list(zip(filters, labels, entry.colours, strict=True))


def cells_style(column: str, columns: Iterable[str], *, tips: Iterable[str], hourly: bool = False) -> Style:
    """Return the style of a cell layer by one column; map tips show the columns of `tips`."""
    columns = list(columns)
    definitions = map_quantities(columns)
    entry = definitions[column]
    renderer, rules, symbols = _rule_renderer()
    classes = [(rule, label, [_fill(colour)]) for rule, label, colour in reversed(class_rules(column, entry))]
    no_data = [_fill(_NO_DATA), _fill(_HATCH, pattern="b_diagonal")]
    classes.append((f"{quote_identifier(column)} IS NULL", entry.missing, no_data))
    for k, (rule, label, layers) in enumerate(classes):
        _add_rule(rules, symbols, key=f"{column}-{k}", rule=rule, label=label, layers=layers)
    return (
        *([_temporal()] if hourly else []),
        renderer,
        _aliases(columns),
        element("previewExpression", quote_identifier(_id_column(columns))),
        element("mapTip", _map_tip(columns, {name: definitions[name] for name in tips})),
    )


def lines_style() -> Style:
    """Return the style of country and region borders over the cells, with a light edge for contrast."""
    renderer, rules, symbols = _rule_renderer()
    renderer.set("symbollevels", "1")  # all light edges below all lines
    for kind, label, colour, width_mm, level in (
        ("country", "Coast and borders", _COAST, 0.2, "2"),
        ("region", "Regions", _INSIDE, 0.1, "1"),
        ("area", "Area", AREA_COLOUR, 0.35, "3"),
    ):
        layers = [_line("#ffffff", width_mm=width_mm + 0.3, opacity=0.3), _line(colour, width_mm=width_mm)]
        layers[1].set("pass", level)
        _add_rule(rules, symbols, key=kind, rule=f"\"kind\" = '{kind}'", label=label, layers=layers)
    return renderer, _aliases(["name", "kind"]), element("mapTip", '[% "name" %]')


def ground_style() -> Style:
    """Return the style of land and sea under the cells; the sea is the first row of the table, so it is drawn first."""
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
    """Append the unit to a number or class label."""
    return f"{text}{'' if entry.unit in ('', '°') else ' '}{entry.unit}"


def _rule_renderer() -> tuple[ET.Element, ET.Element, ET.Element]:
    """Return a rule renderer with its rules and symbols elements.

    Ranges of a graduated renderer would be closed at both ends and omit cells without data.
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
    """Return a fill symbol layer; its outline in the same colour closes antialiasing seams."""
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
    """Convert "#rrggbb" to the notation of QGIS."""
    return ",".join(str(part) for part in (*bytes.fromhex(colour[1:]), round(255 * opacity)))


def _temporal() -> ET.Element:
    """Return the temporal setting that shows the rows whose middle lies in the frame.

    Start and end would not work: QGIS includes a row that ends where the frame begins, and compares times of
    GeoPackages as texts, in which 18:00:00.000Z sorts before 18:00:00Z.
    """
    return element(
        "temporal",
        enabled="1",
        mode="1",  # a single field with the time
        startField=MID_TIME_FIELD,
        endField="",
        limitMode="0",  # frame start inclusive, end exclusive
        fixedDuration="0",
        durationField="",
        durationUnit="min",
        accumulate="0",
    )


def _aliases(columns: Iterable[str]) -> ET.Element:
    columns = list(columns)
    aliases, definitions = element("aliases"), map_quantities(columns)
    for index, column in enumerate(columns):
        child(aliases, "alias", index=str(index), field=column, name=column_alias(column, definitions))
    return aliases


def _id_column(columns: Iterable[str]) -> str:
    return "beam_cell_id" if "beam_cell_id" in columns else "cell_id"


def _map_tip(columns: list[str], tips: Mapping[str, Quantity]) -> str:
    """Return the map tip of a cell: HTML with QGIS expressions."""
    rows = "".join(
        f"<tr><td>{escape(entry.label)}&nbsp;</td>"
        f"<td align='right'>[% {_display_expression(column, entry)} %]</td></tr>"
        for column, entry in tips.items()
    )
    if "start_utc" in columns:
        form = "'yyyy-MM-dd HH:mm'"
        where = f'[% format_date("start_utc", {form}) %] to [% format_date("end_utc", {form}) %] UTC'
    else:
        names = ", ".join(
            quote_identifier(name) for name in ("region", "country", "surface") if name in columns
        )
        where = f"[% array_to_string(array_filter(array({names}), @element <> ''), ', ') %]"
    name = _id_column(columns)
    return f"<b>{column_alias(name)} [% {quote_identifier(name)} %]</b><br>{where}<table>{rows}</table>"


def _display_expression(column: str, entry: Quantity) -> str:
    """Return the expression of a value in the display unit, or "no data"."""
    factor = f" * {entry.factor:g}" if entry.factor >= 1 else f" / {1 / entry.factor:g}"
    decimals = 0 if entry.whole else _TIP_DECIMALS.get(entry.unit, 1)
    unit = with_unit("", entry)
    return f"coalesce(format_number({quote_identifier(column)}{factor}, {decimals}) || '{unit}', '{entry.missing}')"
