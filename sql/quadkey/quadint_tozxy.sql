{% import "quadkey/macros.sql" as quadints %}
SELECT CASE WHEN {{ quadint }} IS NOT NULL THEN OBJECT(
  'z', {{ quadints.zoom(quadint) }}, 'x', {{ quadints.tile_x(quadint) }}, 'y', {{ quadints.tile_y(quadint) }}) END
