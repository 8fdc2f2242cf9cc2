{% import "placekey/macros.sql" as placekeys %}
{# The letters are digits in base 28. In front come the header of a cell of resolution 10 and behind the digits 7 of the
   unused resolutions 13 to 15; the base cell is counted from 0 again. A where part that is padding alone is the number 0. #}
{% set rest = 0x8a0000000000000 + 511 - placekeys.ONE_BASE_CELL %}
SELECT CASE WHEN {{ placekeys.well_formed(placekey) }} THEN TO_HEX({{ rest }} + (STRTOL(
  '0' || TRANSLATE({{ placekeys.letters(placekey) }}, '{{ placekeys.ALPHABET }}', '0123456789abcdefghijklmnopqr'), 28) << 9)) END
