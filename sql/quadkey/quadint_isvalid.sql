{% import "quadkey/macros.sql" as quadints %}
{# Above the bits of x and y there are only zeros. NULL is not a quadint. #}
SELECT CASE WHEN {{ quadints.zoom(quadint) }} <= 29
  AND ({{ quadint }} >> (5 + 2 * LEAST(29, {{ quadints.zoom(quadint) }}))) = 0
  THEN TRUE ELSE FALSE END
