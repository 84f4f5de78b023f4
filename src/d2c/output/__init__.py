"""Outputs of results and studies: maps, plots, QGIS files, the web page, reports and result folders."""
