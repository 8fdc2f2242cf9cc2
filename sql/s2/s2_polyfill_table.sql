{% import "common/tables.sql" as tables %}
{% import "s2/macros.sql" as cells %}
{{ tables.polyfill_block(schema, {"column": "s2", "value": "p.cell", "below": "__S2_POLYFILL_BELOW", "all": "0",
  "between": "intersects", "finest": 30, "step": 5}, cells.in_degrees) }}
