-- The search table whole and in partitions by geographic cell, with the plans of one search on each: docs/scaling.md.
--
--   createdb cells && psql cells -v offers=4000000 -f deploy/scaling/cells.sql
--
-- Makes its own tables and needs none of ours. A cell is a square of a quarter of a degree, about 28 km; 32 partitions by hash.
\set ON_ERROR_STOP on
\timing on
SET max_parallel_workers_per_gather = 0;
SET maintenance_work_mem = '512MB';
SET jit = off;

CREATE FUNCTION cell_of(place point) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (floor((place[1] + 90) * 4) * 1440 + floor((place[0] + 180) * 4))::integer;

-- The cells of a circle, as the caller of a search would work them out. latitude, longitude in degrees, radius in metres.
CREATE FUNCTION cells_around(latitude float8, longitude float8, radius_m float8) RETURNS integer[] LANGUAGE sql IMMUTABLE
    RETURN (
        SELECT array_agg((y + 360) * 1440 + x + 720)
        FROM (SELECT radius_m / 111320 AS dy, radius_m / (111320 * cos(radians(latitude))) AS dx) AS reach,
            generate_series(floor((latitude - dy) * 4)::integer, floor((latitude + dy) * 4)::integer) AS y,
            generate_series(floor((longitude - dx) * 4)::integer, floor((longitude + dx) * 4)::integer) AS x
    );

-- Columns and widths as in catalog_offer. Seven of ten stations stand in one of 400 cities, the others anywhere;
-- two connectors a station.
CREATE UNLOGGED TABLE whole AS
SELECT
    n::bigint AS id, cell_of(place) AS cell, 'con-' || lpad(to_hex(n), 16, '0') AS offer_id,
    'evse-' || lpad(to_hex(n / 2), 16, '0') AS fulfillment_id, (n % 200)::bigint AS party_id, (n / 2)::bigint AS location_id,
    (n / 2)::bigint AS evse_id, n::bigint AS connector_id, true AS listed, place AS point, 'AVAILABLE' AS status,
    'L' || n / 2 AS location_ocpi_id, 'Station ' || n / 2 AS location_name, n / 2 || ' Station Road' AS address,
    'City ' || n % 400 AS city, '110001' AS postal_code, 'IND' AS country, 'Asia/Kolkata' AS time_zone,
    false AS is_green_energy, 'IEC_62196_T2_COMBO 30 kW' AS name, '1' AS connector_ocpi_id,
    'IEC_62196_T2_COMBO' AS connector_standard, 'DC' AS power_type, 30000::bigint AS power_w,
    ARRAY['CAFE', 'RESTAURANT'] AS facilities, '24/7' AS opening_hours,
    'station ' || n / 2 || ' station road city ' || n % 400 AS search_text, 18.0000 AS energy_price, 'INR' AS currency,
    now() AS updated_at
FROM (
    SELECT n, CASE WHEN n / 2 % 10 < 7
        THEN point(-100 + city * 0.6 % 240 + away_x * 0.15, -30 + city * 7.3 % 85 + away_y * 0.15)
        ELSE point(-100 + anywhere_x * 240, -30 + anywhere_y * 85) END AS place
    FROM (
        SELECT n, n / 2 % 400 AS city,
            random_normal() AS away_x, random_normal() AS away_y, random() AS anywhere_x, random() AS anywhere_y
        FROM generate_series(1, :offers) AS n
    ) AS scattered
) AS placed;

CREATE INDEX whole_point ON whole USING spgist (point);
CREATE UNIQUE INDEX whole_id ON whole (id);

CREATE TABLE cells (LIKE whole) PARTITION BY HASH (cell);
SELECT format('CREATE UNLOGGED TABLE cells_%1$s PARTITION OF cells FOR VALUES WITH (MODULUS 32, REMAINDER %1$s)', n)
FROM generate_series(0, 31) AS n \gexec
INSERT INTO cells SELECT * FROM whole;
CREATE INDEX cells_point ON cells USING spgist (point);
CREATE UNIQUE INDEX cells_id ON cells (cell, id);
VACUUM ANALYZE whole;
VACUUM ANALYZE cells;

\echo '--- sizes'
SELECT relname AS "table", reltuples::bigint AS rows, pg_size_pretty(pg_table_size(oid)) AS heap,
    pg_size_pretty(pg_indexes_size(oid)) AS indexes
FROM pg_class WHERE relname = 'whole';
SELECT count(*) AS partitions, min(reltuples)::bigint AS least_rows, max(reltuples)::bigint AS most_rows,
    pg_size_pretty(sum(pg_table_size(oid))) AS heap, pg_size_pretty(sum(pg_indexes_size(oid))) AS indexes
FROM pg_class WHERE relname ~ '^cells_\d+$';
SELECT count(*) AS cells, max(offers) AS most_offers_in_a_cell FROM (SELECT count(*) AS offers FROM whole GROUP BY cell) AS each;

-- A place where many stations are.
SELECT point[1] AS latitude, point[0] AS longitude FROM whole WHERE id = 2000 \gset

SELECT cells_around(:latitude, :longitude, 10000)::text AS around, cells_around(:latitude, :longitude, 500000)::text AS far \gset
\echo 'cells of a circle of 10 km:' :around

\echo '--- A. the whole table, nearest 480 offers (twice: the second is warm)'
EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY ON) SELECT id, location_id, point FROM whole WHERE listed
ORDER BY point <-> point(:longitude, :latitude) LIMIT 480;
EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY ON) SELECT id, location_id, point FROM whole WHERE listed
ORDER BY point <-> point(:longitude, :latitude) LIMIT 480;

\echo '--- B. partitions, the cells named: only theirs are in the plan'
EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY ON) SELECT id, location_id, point FROM cells WHERE listed AND cell = ANY(:'around'::integer[])
ORDER BY point <-> point(:longitude, :latitude) LIMIT 480;
EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY ON) SELECT id, location_id, point FROM cells WHERE listed AND cell = ANY(:'around'::integer[])
ORDER BY point <-> point(:longitude, :latitude) LIMIT 480;

\echo '--- C. partitions, no cell named: all 32 are asked'
EXPLAIN (ANALYZE, COSTS OFF, SUMMARY ON) SELECT id, location_id, point FROM cells WHERE listed
ORDER BY point <-> point(:longitude, :latitude) LIMIT 480;

\echo '--- D. partitions, a circle of 500 km'
EXPLAIN (ANALYZE, COSTS OFF, SUMMARY ON) SELECT id, location_id, point FROM cells WHERE listed AND cell = ANY(:'far'::integer[])
ORDER BY point <-> point(:longitude, :latitude) LIMIT 480;

\echo '--- E. a status push: by its key, the cell known from its point'
SELECT cell AS home FROM whole WHERE id = 2000 \gset
EXPLAIN (ANALYZE, COSTS OFF, SUMMARY ON) UPDATE cells SET status = 'CHARGING' WHERE cell = :home AND id = 2000;
