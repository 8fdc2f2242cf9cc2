{% import "processing/tessellation.sql" as plane %}
DECLARE
  {{ plane.declarations() }}
BEGIN
  {{ plane.draw(schema, "cells", "COALESCE(bbox, '')") }}
  EXECUTE 'CREATE TABLE ' || target_name || ' AS SELECT r.*, s.geom AS cell FROM {{ plane.WORK }}rows r'
    || ' LEFT JOIN {{ plane.WORK }}places p ON p.x = ST_X(' || geom_name || ') AND p.y = ST_Y(' || geom_name || ')'
    || ' LEFT JOIN {{ plane.WORK }}shapes s ON s.place = p.place';
  {{ plane.drop_work() }}
END;
