"""Vector layers of results: GeoPackage, GeoJSON, GeoParquet and FlatGeobuf."""
