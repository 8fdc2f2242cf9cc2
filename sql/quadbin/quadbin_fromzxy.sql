{% import "quadbin/macros.sql" as cells %}
{% set unknown = z ~ " IS NULL OR " ~ x ~ " IS NULL OR " ~ y ~ " IS NULL" %}
{% set outside = "((" ~ x ~ " | " ~ y ~ ") >> CAST(" ~ z ~ " AS INTEGER)) <> 0" %}
SELECT CASE
  WHEN {{ unknown }} THEN {{ cells.error_if(unknown, "NULL argument passed to UDF") }}
  WHEN {{ cells.resolution_fault(z) }} THEN {{ cells.resolution_error(z) }}
  WHEN {{ outside }} THEN {{ cells.error_if(outside, "Invalid tile: x and y should be between 0 and 2^z - 1") }}
  ELSE {{ cells.cell_of_tile(z, x, y) }}
END
