{# The bearing along a great circle, or along a rhumb line where `rhumb` is true, in degrees from 0 to 360 east of north:
   https://www.movable-type.co.uk/scripts/latlong.html#bearing and #rhumblines. #}
{% set east = "RADIANS(" ~ lon2 ~ " - " ~ lon1 ~ " - 360 * FLOOR((" ~ lon2 ~ " - " ~ lon1 ~ " + 180) / 360))" %}
{% set bearing = "DEGREES(CASE WHEN " ~ rhumb ~ " THEN ATAN2(" ~ east ~ ", LN(TAN(RADIANS(" ~ lat2 ~ " / 2 + 45)) / TAN(RADIANS("
  ~ lat1 ~ " / 2 + 45)))) ELSE ATAN2(SIN(" ~ east ~ ") * COS(RADIANS(" ~ lat2 ~ ")), COS(RADIANS(" ~ lat1
  ~ ")) * SIN(RADIANS(" ~ lat2 ~ ")) - SIN(RADIANS(" ~ lat1 ~ ")) * COS(RADIANS(" ~ lat2 ~ ")) * COS(" ~ east ~ ")) END)" %}
SELECT {{ bearing }} - 360 * FLOOR({{ bearing }} / 360)
