{% import "processing/tessellation.sql" as plane %}
{{ plane.shapes_procedure(schema, "triangles", "''", "triangle_id") }}
