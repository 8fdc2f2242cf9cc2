{# Lambda writes quotes as tildes. #}
SELECT JSON_PARSE(REPLACE({{ schema }}.__H3_COMPACT(JSON_SERIALIZE({{ indexes }})), '~', '"'))
