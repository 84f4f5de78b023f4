"""QGIS layer styles and projects."""
