"""Run by QGIS itself once it has opened a project: two pictures of its window and what it shows, then it ends."""

import json
import os
import traceback
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface

OUT = Path(os.environ["D2C_QGIS_OUT"])
TICKED = os.environ["D2C_QGIS_TICKED"]
SETTLED_MS, FRAME = 700, 5


def scenes():
    """Do one thing after the other; what is yielded is how long QGIS gets for it."""
    window, canvas = iface.mainWindow(), iface.mapCanvas()
    window.showNormal()
    window.resize(1600, 1000)
    yield SETTLED_MS
    canvas.zoomToProjectExtent()
    while canvas.isDrawing():
        yield 50
    yield SETTLED_MS
    window.grab().save(str(OUT / "opened.png"))
    controller, dialog = canvas.temporalController(), QApplication.activeModalWidget()
    told = {
        "active": iface.activeLayer().name(),
        "dialog": dialog.windowTitle() if dialog else None,
        "messages": [item.text() for item in iface.messageBar().items()],
        "map": [canvas.mapTo(window, canvas.rect().topLeft()).x(), canvas.width(), canvas.height()],
        "mode": int(controller.navigationMode()),
        "frames": controller.totalFrameCount(),
    }
    controller.setCurrentFrameNumber(FRAME)
    for node in QgsProject.instance().layerTreeRoot().findLayers():
        node.setExpanded(node.name() == TICKED)
        if node.name() == TICKED:
            node.setItemVisibilityChecked(True)
    yield SETTLED_MS
    while canvas.isDrawing():
        yield 50
    yield SETTLED_MS
    window.grab().save(str(OUT / "hourly.png"))
    told["visible"] = [node.name() for node in QgsProject.instance().layerTreeRoot().checkedLayers()]
    told["shown_from"] = canvas.temporalRange().begin().toString("yyyy-MM-ddTHH:mm")
    (OUT / "window.json").write_text(json.dumps(told), encoding="utf-8")


def go_on():
    try:
        QTimer.singleShot(next(play), go_on)
    except StopIteration:
        os._exit(0)  # the ordinary way asks whether to save
    except BaseException:  # noqa: BLE001
        traceback.print_exc()  # to the log of the test; QGIS would show it in a dialog and wait
        os._exit(1)


play = scenes()
QTimer.singleShot(SETTLED_MS, go_on)
