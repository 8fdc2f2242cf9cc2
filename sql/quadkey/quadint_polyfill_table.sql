{% import "common/tables.sql" as tables %}
{% import "quadkey/macros.sql" as cells %}
{{ tables.polyfill_block(schema, {"column": "quadint", "value": "p.cell", "below": "__QUADINT_POLYFILL_BELOW", "all": "-1",
  "between": "intersects", "finest": 29, "step": 5}, cells.in_degrees) }}
