{% import "h3/macros.sql" as cells %}
SELECT CASE WHEN H3_IsValid({{ index }}) AND {{ resolution }} BETWEEN {{ cells.resolution(index) }} AND 15
  THEN H3_ToChildren({{ index }}, {{ resolution }}) END
