{% import "common/tables.sql" as tables %}
{% import "h3/macros.sql" as cells %}
{{ tables.polyfill_block(schema, {"column": "h3", "value": "TO_HEX(p.cell)", "below": "__H3_POLYFILL_BELOW", "all": "0",
  "between": "near", "finest": 15, "step": 4}, cells.in_degrees) }}
