{% import "processing/tessellation.sql" as plane %}
{{ plane.shapes_procedure(schema, "lines", "COALESCE(bbox, '')", "line_id") }}
