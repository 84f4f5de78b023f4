"""Run by the Python that QGIS was built for: load a result folder in PyQGIS and tell what is there, as JSON."""

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsDateTimeRange,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
    QgsVectorLayerTemporalContext,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtXml import QDomDocument


def classes(layer):
    """Return the labels of the classes that each cell or shape falls into, as QGIS draws it."""
    renderer, context = layer.renderer().clone(), QgsRenderContext()
    context.setExpressionContext(
        QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    )
    labels = {item.ruleKey(): item.label() for item in renderer.legendSymbolItems()}
    renderer.startRender(context, layer.fields())
    found = []
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        found.append(
            sorted(labels[k] for k in renderer.legendKeysForFeature(feature, context) if k in labels)
        )
    renderer.stopRender(context)
    return found


def tip(layer):
    """Return the map tip of the first feature."""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    return QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)


def described(layer):
    extent = layer.extent()
    return {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "features": layer.featureCount(),
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "renderer": layer.renderer().type(),
        "legend": [item.label() for item in layer.renderer().legendSymbolItems()],
        "classes": classes(layer),
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "tip": tip(layer),
        "title": layer.metadata().title(),
        "abstract": layer.metadata().abstract(),
        "licences": layer.metadata().licenses(),
        "temporal": layer.temporalProperties().isActive(),
    }


def styles(layer):
    """Return the classes of each cell in every style that the GeoPackage offers for the layer."""
    count, ids, names, _, _ = layer.listStylesInDatabase()
    found = {}
    for number, name in list(zip(ids, names, strict=True))[:count]:
        text, _ = layer.getStyleFromDatabase(number)
        document = QDomDocument()
        assert document.setContent(text)[0], name
        assert layer.importNamedStyle(document)[0], name
        found[name] = classes(layer)
    return found


def frames(layer, settings):
    """Return for each frame of the Temporal Controller the instants at which its rows start, with their number."""
    context = QgsVectorLayerTemporalContext()
    context.setLayer(layer)
    begin, found = settings.temporalRange().begin(), []
    while begin < settings.temporalRange().end():
        end = begin.addSecs(int(settings.timeStep() * 3600))
        shown = QgsDateTimeRange(begin, end, True, False)
        words = layer.temporalProperties().createFilterString(context, shown)
        rows = layer.getFeatures(QgsFeatureRequest().setFilterExpression(words))
        starts = [row["start_utc"].toString("yyyy-MM-ddTHH:mm") for row in rows]
        wall_clock = begin.toString("yyyy-MM-ddTHH:mm")
        found.append([wall_clock, sorted(set(starts)), len(starts)])
        begin = end
    return found


def opened(path):
    project = QgsProject.instance()
    assert project.read(str(path)), project.error()
    settings, layers = project.timeSettings(), list(project.mapLayers().values())
    tree = project.layerTreeRoot()
    (group,) = [node for node in tree.children() if not hasattr(node, "layer")]
    hourly = [layer for layer in layers if "hourly" in layer.source()]
    return {
        "title": project.title(),
        "crs": project.crs().authid(),
        "layers": {layer.name(): [layer.isValid(), layer.source()] for layer in layers},
        "group": [group.name(), [node.name() for node in group.children()], group.isMutuallyExclusive()],
        "checked": [node.name() for node in tree.findLayers() if node.isVisible()],
        "drawn": [layer.name() for layer in tree.layerOrder()],
        "start": settings.temporalRange().begin().toString(Qt.ISODate),
        "frames": frames(hourly[0], settings),
        "classes": {layer.name(): classes(layer) for layer in layers if "=coverage" in layer.source()},
    }


folder, answer = Path(sys.argv[1]), Path(sys.argv[2])
application = QgsApplication([], False)
application.initQgis()
tables = {
    name: QgsVectorLayer(f"{folder}/coverage.gpkg|layername={name}", name, "ogr") for name in sys.argv[3:]
}
told = {name: described(layer) for name, layer in tables.items()}
told["geojson"] = described(QgsVectorLayer(f"{folder}/coverage.geojson", "coverage", "ogr"))
told["styles"] = styles(tables["coverage"])
told["project"] = opened(folder / "coverage.qgz")
answer.write_text(json.dumps(told), encoding="utf-8")
os._exit(0)  # when Python takes PyQGIS apart, the order decides whether it crashes
