{% import "quadbin/macros.sql" as cells %}
SELECT CASE WHEN {{ quadbin }} IS NOT NULL THEN OBJECT(
  'z', {{ cells.resolution(quadbin) }}, 'x', {{ cells.tile_x(quadbin) }}, 'y', {{ cells.tile_y(quadbin) }}) END
