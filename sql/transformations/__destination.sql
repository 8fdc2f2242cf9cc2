{# The point at an angle from a point, on the sphere: https://www.movable-type.co.uk/scripts/latlong.html#dest-point. Of the
   unit vector there, `up` points to the north pole, `ahead` away from the axis on the meridian of the start, `aside` to the
   east of it. The start's latitude and longitude are written as few times as that allows. #}
{% set up = "(SIN(RADIANS(" ~ latitude ~ ")) * COS(" ~ angle ~ ") + COS(RADIANS(" ~ latitude ~ ")) * SIN(" ~ angle
  ~ ") * COS(RADIANS(" ~ bearing ~ ")))" %}
{% set ahead = "(COS(RADIANS(" ~ latitude ~ ")) * COS(" ~ angle ~ ") - SIN(RADIANS(" ~ latitude ~ ")) * SIN(" ~ angle
  ~ ") * COS(RADIANS(" ~ bearing ~ ")))" %}
{% set aside = "(SIN(" ~ angle ~ ") * SIN(RADIANS(" ~ bearing ~ ")))" %}
{% set east = "(" ~ longitude ~ " + DEGREES(ATAN2(" ~ aside ~ ", " ~ ahead ~ ")))" %}
SELECT ST_SetSRID(ST_Point(
  {{ east }} - 360 * FLOOR(({{ east }} + 180) / 360),
  DEGREES(ATAN2({{ up }}, SQRT(POWER({{ ahead }}, 2) + POWER({{ aside }}, 2))))), 4326)
