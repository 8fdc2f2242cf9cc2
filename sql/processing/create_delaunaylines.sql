{% import "processing/tessellation.sql" as plane %}
{{ plane.shapes_procedure(schema, "edges", "''", "line_id") }}
