"""Layer styles and projects for QGIS."""
