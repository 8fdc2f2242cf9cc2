{% import "common/tables.sql" as tables %}
{% import "quadbin/macros.sql" as cells %}
{{ tables.polyfill_block(schema, {"column": "quadbin", "value": "p.cell", "below": "__QUADBIN_POLYFILL_BELOW", "all": "0",
  "between": "intersects", "finest": 26, "step": 5}, cells.in_degrees) }}
