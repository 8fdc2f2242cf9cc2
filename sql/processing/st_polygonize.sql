SELECT ST_MakePolygon({{ lines }})
