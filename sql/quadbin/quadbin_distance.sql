{% import "quadbin/macros.sql" as cells %}
SELECT CASE WHEN {{ cells.resolution(origin) }} = {{ cells.resolution(destination) }} THEN GREATEST(
  ABS({{ cells.tile_x(origin) }} - {{ cells.tile_x(destination) }}),
  ABS({{ cells.tile_y(origin) }} - {{ cells.tile_y(destination) }})) END
