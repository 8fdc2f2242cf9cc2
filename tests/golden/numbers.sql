-- Whole numbers divide to whole numbers, towards zero.
SELECT 7 / 2, -7 / 2, 7 % 3, -7 % 3, MOD(-7, 3)
=> 3 | -3 | 1 | -1 | -1

SELECT 1 / 0
!> Divide by zero

SELECT 1.5 / 0
!> Divide by zero

SELECT MOD(1, 0)
!> Divide by zero

SELECT a / b FROM (SELECT 1 AS a, 0 AS b) t
!> Divide by zero

SELECT NULL::INT / 2
=> NULL

-- Types of literals.
SELECT 1, 3000000000, 1.5, 1e3
#> int4, int8, numeric, float8
=> 1 | 3000000000 | 1.5 | 1000.0

-- Overflow is an error.
SELECT 2147483647 + 1
!> overflow

SELECT 9223372036854775807 + 1
!> overflow

SELECT CAST(40000 AS SMALLINT)
!> Value out of range for 2 bytes.

SELECT CAST(3000000000 AS INT)
!> Value out of range for 4 bytes.

SELECT CAST('9223372036854775808' AS BIGINT)
!>

-- Bits.
SELECT 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 256 >> 4
=> 1 | 7 | 6 | -6 | 16 | 16

SELECT 1::BIGINT << 63, (1::BIGINT << 63) >> 63
#> int8, int8
=> -9223372036854775808 | -1

-- Operators of PostgreSQL 8.
SELECT |/ 25.0, ||/ 27.0, 2 ^ 10
=> 5.0 | 3.0 | 1024.0

-- Rounding and casts to whole numbers.
SELECT ROUND(2.5), ROUND(-2.5), ROUND(28.05, 1), TRUNC(2.7), TRUNC(-2.7), CEIL(2.1), FLOOR(-2.1)
=> 3 | -3 | 28.1 | 2 | -2 | 3 | -3

SELECT CAST(3.7 AS INT), CAST(-3.7 AS INT), '12'::INT, TRUE::INT, 0::BOOLEAN
=> 4 | -4 | 12 | 1 | false

SELECT 'abc'::INT
!> invalid input syntax for integer: "abc"

SELECT CAST(TRUE AS VARCHAR)
!> cannot cast type boolean to character varying

-- DECIMAL keeps its scale.
SELECT 1.50::DECIMAL(5,2) + 2.5, 1.5::DECIMAL(3,1) * 2.25::DECIMAL(3,2)
#> numeric, numeric
=> 4.00 | 3.375

SELECT CAST(1234.567 AS DECIMAL(6,2)), CAST(1.005 AS DECIMAL(4,2))
=> 1234.57 | 1.01

SELECT CAST(12345 AS DECIMAL(4,2))
!> Numeric data overflow

SELECT CAST(1.5 AS DECIMAL(39,2))
!> DECIMAL precision 39 must be between 1 and 38

-- A quotient of DECIMALs is a DECIMAL: scale max(4, s1 + p2 - s2 + 1).
SELECT 10.0::DECIMAL(3,1) / 4::DECIMAL(1,0), 1::DECIMAL(5,2) / 3::DECIMAL(5,2)
#> numeric, numeric
=> 2.5000 | 0.333333

-- Aggregates of whole numbers.
SELECT SUM(x), AVG(x), COUNT(*), MIN(x), MAX(x) FROM (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT NULL) t
#> int8, int8, int8, int4, int4
=> 3 | 1 | 3 | 1 | 2

SELECT SUM(x), AVG(x) FROM (SELECT 1.5::DECIMAL(4,2) AS x UNION ALL SELECT 2.25) t
#> numeric, numeric
=> 3.75 | 1.88

SELECT MEDIAN(x), STDDEV_POP(x), PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY x) FROM (SELECT 1.0::FLOAT AS x UNION ALL SELECT 3.0) t
=> 2.0 | 1.0 | 1.5

-- Mathematical functions.
SELECT ABS(-38), SIGN(-5), POWER(2, 10), SQRT(16), CBRT(27), EXP(0), LN(1), LOG(1000), PI()
=> 38 | -1 | 1024.0 | 4.0 | 3.0 | 1.0 | 0.0 | 3.0 | 3.141592653589793

SELECT DEGREES(PI()), RADIANS(180), ROUND(SIN(1), 4), ROUND(ATAN2(1, 2), 4), DEXP(0), DLOG10(100), COT(1) > 0.64
=> 180.0 | 3.141592653589793 | 0.8415 | 0.4636 | 1.0 | 2.0 | true

SELECT SQRT(-1)
!>

SELECT LN(0)
!>

SELECT STRTOL('abcd1234', 16), STRTOL('110101', 2), STRTOL('1234567', 10), TO_HEX(2147483647), TO_HEX(-1)
=> 2882343476 | 53 | 1234567 | 7fffffff | ffffffff

SELECT STRTOL('xyz', 10)
!>

-- NULL.
SELECT GREATEST(1, NULL, 3), LEAST(NULL, 2), COALESCE(NULL, 7), NVL(NULL, 8), NULLIF(1, 1), NVL2(NULL, 1, 2)
=> 3 | 2 | 7 | 8 | NULL | 2

SELECT DECODE(2, 1, 'one', 2, 'two', 'many'), DECODE(NULL, NULL, 'null'), CASE WHEN NULL THEN 1 ELSE 2 END
=> two | null | 2

-- Sums of whole numbers are BIGINT, of common tables too.
CREATE TABLE sums (i INT)
ok

INSERT INTO sums VALUES (1), (2), (4)
ok

WITH a AS (SELECT i AS x FROM sums), b AS (SELECT SUM(x) AS y FROM a) SELECT AVG(x), SUM(x), (SELECT y FROM b) FROM a
=> 2 | 7 | 7
