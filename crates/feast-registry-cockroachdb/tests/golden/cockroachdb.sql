CREATE TABLE "projects" (
  "project_id" VARCHAR(255) NOT NULL,
  "project_name" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "project_proto" BYTEA NOT NULL,
  PRIMARY KEY ("project_id")
);
CREATE INDEX "idx_projects_project_id" ON "projects" ("project_id");
CREATE TABLE "entities" (
  "entity_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "entity_proto" BYTEA NOT NULL,
  PRIMARY KEY ("entity_name", "project_id")
);
CREATE INDEX "idx_entities_project_id" ON "entities" ("project_id");
CREATE TABLE "data_sources" (
  "data_source_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "data_source_proto" BYTEA NOT NULL,
  PRIMARY KEY ("data_source_name", "project_id")
);
CREATE INDEX "idx_data_sources_project_id" ON "data_sources" ("project_id");
CREATE TABLE "feature_views" (
  "feature_view_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "materialized_intervals" BYTEA,
  "feature_view_proto" BYTEA NOT NULL,
  "user_metadata" BYTEA,
  PRIMARY KEY ("feature_view_name", "project_id")
);
CREATE INDEX "idx_feature_views_project_id" ON "feature_views" ("project_id");
CREATE TABLE "stream_feature_views" (
  "feature_view_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "feature_view_proto" BYTEA NOT NULL,
  "user_metadata" BYTEA,
  PRIMARY KEY ("feature_view_name", "project_id")
);
CREATE INDEX "idx_stream_feature_views_project_id" ON "stream_feature_views" ("project_id");
CREATE TABLE "on_demand_feature_views" (
  "feature_view_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "feature_view_proto" BYTEA NOT NULL,
  "user_metadata" BYTEA,
  PRIMARY KEY ("feature_view_name", "project_id")
);
CREATE INDEX "idx_on_demand_feature_views_project_id" ON "on_demand_feature_views" ("project_id");
CREATE TABLE "label_views" (
  "feature_view_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "feature_view_proto" BYTEA NOT NULL,
  "user_metadata" BYTEA,
  PRIMARY KEY ("feature_view_name", "project_id")
);
CREATE INDEX "idx_label_views_project_id" ON "label_views" ("project_id");
CREATE TABLE "feature_services" (
  "feature_service_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "feature_service_proto" BYTEA NOT NULL,
  PRIMARY KEY ("feature_service_name", "project_id")
);
CREATE INDEX "idx_feature_services_project_id" ON "feature_services" ("project_id");
CREATE TABLE "saved_datasets" (
  "saved_dataset_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "saved_dataset_proto" BYTEA NOT NULL,
  PRIMARY KEY ("saved_dataset_name", "project_id")
);
CREATE INDEX "idx_saved_datasets_project_id" ON "saved_datasets" ("project_id");
CREATE TABLE "validation_references" (
  "validation_reference_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "validation_reference_proto" BYTEA NOT NULL,
  PRIMARY KEY ("validation_reference_name", "project_id")
);
CREATE INDEX "idx_validation_references_project_id" ON "validation_references" ("project_id");
CREATE TABLE "permissions" (
  "permission_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "permission_proto" BYTEA NOT NULL,
  PRIMARY KEY ("permission_name", "project_id")
);
CREATE INDEX "idx_permissions_project_id" ON "permissions" ("project_id");
CREATE TABLE "managed_infra" (
  "infra_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  "infra_proto" BYTEA NOT NULL,
  PRIMARY KEY ("infra_name", "project_id")
);
CREATE INDEX "idx_managed_infra_project_id" ON "managed_infra" ("project_id");
CREATE TABLE "feature_view_version_history" (
  "feature_view_name" VARCHAR(255) NOT NULL,
  "project_id" VARCHAR(255) NOT NULL,
  "version_number" INTEGER NOT NULL,
  "feature_view_type" VARCHAR(50) NOT NULL,
  "feature_view_proto" BYTEA NOT NULL,
  "created_timestamp" BIGINT NOT NULL,
  "description" TEXT,
  "version_id" VARCHAR(36) NOT NULL,
  PRIMARY KEY ("feature_view_name", "project_id", "version_number")
);
CREATE INDEX "idx_fv_version_history_project_id" ON "feature_view_version_history" ("project_id");
CREATE TABLE "feast_metadata" (
  "project_id" VARCHAR(255) NOT NULL,
  "metadata_key" VARCHAR(50) NOT NULL,
  "metadata_value" TEXT NOT NULL,
  "last_updated_timestamp" BIGINT NOT NULL,
  PRIMARY KEY ("project_id", "metadata_key")
);
CREATE INDEX "idx_feast_metadata_project_id" ON "feast_metadata" ("project_id");
CREATE TABLE "feast_registry_schema" (
  "version" BIGINT NOT NULL,
  "upgraded_by" VARCHAR(50) NOT NULL,
  PRIMARY KEY ("version")
);
INSERT INTO "feast_registry_schema" ("version", "upgraded_by") VALUES (1, 'feast-registry […]');
SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema();
SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT);
SELECT "project_id", "project_name", "last_updated_timestamp", "project_proto" FROM "projects" WHERE "project_id" = $1 AND "project_name" = $2;
SELECT "project_id", "project_name", "last_updated_timestamp", "project_proto" FROM "projects" WHERE SUBSTR("project_name", 1, 1) = $1 AND "project_id" >= $2 AND ("project_id" > $3 OR "project_name" > $4) ORDER BY "project_id", "project_name" LIMIT 11;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT "project_id", "project_name", "last_updated_timestamp", "project_proto" FROM "projects" WHERE "project_id" = $1 AND "project_name" = $2 FOR UPDATE;
INSERT INTO "projects" ("project_id", "project_name", "last_updated_timestamp", "project_proto") VALUES ($1, $2, $3, $4);
UPDATE "projects" SET "project_proto" = $1, "last_updated_timestamp" = $2 WHERE "project_id" = $3 AND "project_name" = $4;
DELETE FROM "projects" WHERE "project_id" = $1 AND "project_name" = $2;
DELETE FROM "projects" WHERE "project_id" = $1;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO "projects" ("project_id", "project_name", "last_updated_timestamp", "project_proto") SELECT * FROM (SELECT COALESCE(c0, (CAST($1 AS TEXT[]))[1]), COALESCE(c1, (CAST($2 AS TEXT[]))[1]), COALESCE(c2, (CAST($3 AS BIGINT[]))[1]), c3 FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS BYTEA[])) AS rows (c0, c1, c2, c3)) AS new;
COMMIT;
SELECT "project_id", "entity_name", "last_updated_timestamp", "entity_proto" FROM "entities" WHERE "project_id" = $1 AND "entity_name" = $2;
SELECT "project_id", "entity_name", "last_updated_timestamp", "entity_proto" FROM "entities" WHERE SUBSTR("entity_name", 1, 1) = $1 AND "project_id" >= $2 AND ("project_id" > $3 OR "entity_name" > $4) ORDER BY "project_id", "entity_name" LIMIT 11;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT "project_id", "entity_name", "last_updated_timestamp", "entity_proto" FROM "entities" WHERE "project_id" = $1 AND "entity_name" = $2 FOR UPDATE;
SELECT "project_id", "entity_name", "last_updated_timestamp", "entity_proto" FROM "entities" WHERE "project_id" = $1 AND "entity_name" = $2;
INSERT INTO "entities" ("project_id", "entity_name", "last_updated_timestamp", "entity_proto") VALUES ($1, $2, $3, $4);
UPDATE "entities" SET "entity_proto" = $1, "last_updated_timestamp" = $2 WHERE "project_id" = $3 AND "entity_name" = $4;
DELETE FROM "entities" WHERE "project_id" = $1 AND "entity_name" = $2;
DELETE FROM "entities" WHERE "project_id" = $1;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO "entities" ("project_id", "entity_name", "last_updated_timestamp", "entity_proto") SELECT * FROM (SELECT COALESCE(c0, (CAST($1 AS TEXT[]))[1]), COALESCE(c1, (CAST($2 AS TEXT[]))[1]), COALESCE(c2, (CAST($3 AS BIGINT[]))[1]), c3 FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS BYTEA[])) AS rows (c0, c1, c2, c3)) AS new;
COMMIT;
SELECT "project_id", "feature_view_name", "last_updated_timestamp", "feature_view_proto", "user_metadata" FROM "feature_views" WHERE "project_id" = $1 AND "feature_view_name" = $2;
SELECT "project_id", "feature_view_name", "last_updated_timestamp", "feature_view_proto", "user_metadata" FROM "feature_views" WHERE SUBSTR("feature_view_name", 1, 1) = $1 AND "project_id" >= $2 AND ("project_id" > $3 OR "feature_view_name" > $4) ORDER BY "project_id", "feature_view_name" LIMIT 11;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT "project_id", "feature_view_name", "last_updated_timestamp", "feature_view_proto", "user_metadata" FROM "feature_views" WHERE "project_id" = $1 AND "feature_view_name" = $2 FOR UPDATE;
SELECT "project_id", "feature_view_name", "last_updated_timestamp", "feature_view_proto", "user_metadata" FROM "feature_views" WHERE "project_id" = $1 AND "feature_view_name" = $2;
INSERT INTO "feature_views" ("project_id", "feature_view_name", "last_updated_timestamp", "feature_view_proto", "user_metadata") VALUES ($1, $2, $3, $4, $5);
UPDATE "feature_views" SET "feature_view_proto" = $1, "last_updated_timestamp" = $2 WHERE "project_id" = $3 AND "feature_view_name" = $4;
UPDATE "feature_views" SET "user_metadata" = $1, "last_updated_timestamp" = $2 WHERE "project_id" = $3 AND "feature_view_name" = $4;
DELETE FROM "feature_views" WHERE "project_id" = $1 AND "feature_view_name" = $2;
DELETE FROM "feature_views" WHERE "project_id" = $1;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO "feature_views" ("project_id", "feature_view_name", "last_updated_timestamp", "feature_view_proto", "user_metadata") SELECT * FROM (SELECT COALESCE(c0, (CAST($1 AS TEXT[]))[1]), COALESCE(c1, (CAST($2 AS TEXT[]))[1]), COALESCE(c2, (CAST($3 AS BIGINT[]))[1]), c3, c4 FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS BYTEA[]), CAST($5 AS BYTEA[])) AS rows (c0, c1, c2, c3, c4)) AS new;
COMMIT;
SELECT "project_id", "feature_view_name", "created_timestamp", "feature_view_proto", "version_number", "feature_view_type", "version_id", "description" FROM "feature_view_version_history" WHERE "project_id" = $1 AND "feature_view_name" = $2 AND "version_number" = $3;
SELECT "project_id", "feature_view_name", "created_timestamp", "feature_view_proto", "version_number", "feature_view_type", "version_id", "description" FROM "feature_view_version_history" WHERE SUBSTR("feature_view_name", 1, 1) = $1 AND "project_id" >= $2 AND ("project_id" > $3 OR "feature_view_name" >= $4 AND ("feature_view_name" > $5 OR "version_number" > $6)) ORDER BY "project_id", "feature_view_name", "version_number" LIMIT 11;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT "project_id", "feature_view_name", "created_timestamp", "feature_view_proto", "version_number", "feature_view_type", "version_id", "description" FROM "feature_view_version_history" WHERE "project_id" = $1 AND "feature_view_name" = $2 AND "version_number" = $3 FOR UPDATE;
SELECT "project_id", "feature_view_name", "created_timestamp", "feature_view_proto", "version_number", "feature_view_type", "version_id", "description" FROM "feature_view_version_history" WHERE "project_id" = $1 AND "feature_view_name" = $2 AND "version_number" = $3;
SELECT "project_id", "feature_view_name", "created_timestamp", NULL, "version_number" FROM "feature_view_version_history" WHERE "project_id" = $1 AND "feature_view_name" = $2 ORDER BY "version_number" DESC LIMIT 1;
INSERT INTO "feature_view_version_history" ("project_id", "feature_view_name", "created_timestamp", "feature_view_proto", "version_number", "feature_view_type", "version_id", "description") VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
DELETE FROM "feature_view_version_history" WHERE "project_id" = $1 AND "feature_view_name" = $2 AND "version_number" = $3;
DELETE FROM "feature_view_version_history" WHERE "project_id" = $1;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO "feature_view_version_history" ("project_id", "feature_view_name", "created_timestamp", "feature_view_proto", "version_number", "feature_view_type", "version_id", "description") SELECT * FROM (SELECT COALESCE(c0, (CAST($1 AS TEXT[]))[1]), COALESCE(c1, (CAST($2 AS TEXT[]))[1]), COALESCE(c2, (CAST($3 AS BIGINT[]))[1]), c3, COALESCE(c4, (CAST($5 AS BIGINT[]))[1]), COALESCE(c5, (CAST($6 AS TEXT[]))[1]), COALESCE(c6, (CAST($7 AS TEXT[]))[1]), COALESCE(c7, (CAST($8 AS TEXT[]))[1]) FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS BYTEA[]), CAST($5 AS BIGINT[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[])) AS rows (c0, c1, c2, c3, c4, c5, c6, c7)) AS new;
COMMIT;
SELECT "project_id", "metadata_key", "last_updated_timestamp", "metadata_value" FROM "feast_metadata" WHERE "project_id" = $1 AND "metadata_key" = $2;
SELECT "project_id", "metadata_key", "last_updated_timestamp", "metadata_value" FROM "feast_metadata" WHERE SUBSTR("metadata_key", 1, 1) = $1 AND "project_id" >= $2 AND ("project_id" > $3 OR "metadata_key" > $4) ORDER BY "project_id", "metadata_key" LIMIT 11;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT "project_id", "metadata_key", "last_updated_timestamp", "metadata_value" FROM "feast_metadata" WHERE "project_id" = $1 AND "metadata_key" = $2 FOR UPDATE;
SELECT "project_id", "metadata_key", "last_updated_timestamp", "metadata_value" FROM "feast_metadata" WHERE "project_id" = $1 AND "metadata_key" = $2;
INSERT INTO "feast_metadata" ("project_id", "metadata_key", "last_updated_timestamp", "metadata_value") VALUES ($1, $2, $3, $4);
UPDATE "feast_metadata" SET "metadata_value" = $1, "last_updated_timestamp" = $2 WHERE "project_id" = $3 AND "metadata_key" = $4;
DELETE FROM "feast_metadata" WHERE "project_id" = $1 AND "metadata_key" = $2;
DELETE FROM "feast_metadata" WHERE "project_id" = $1;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO "feast_metadata" ("project_id", "metadata_key", "last_updated_timestamp", "metadata_value") SELECT * FROM (SELECT COALESCE(c0, (CAST($1 AS TEXT[]))[1]), COALESCE(c1, (CAST($2 AS TEXT[]))[1]), COALESCE(c2, (CAST($3 AS BIGINT[]))[1]), COALESCE(c3, (CAST($4 AS TEXT[]))[1]) FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS TEXT[])) AS rows (c0, c1, c2, c3)) AS new;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT "project_id", "entity_name", "last_updated_timestamp", "entity_proto" FROM "entities" WHERE "project_id" = $1 AND "entity_name" IN ($2, [498 x] $3, $501) ORDER BY "entity_name", "project_id" FOR UPDATE;
INSERT INTO "entities" ("entity_proto", "last_updated_timestamp", "project_id", "entity_name") SELECT * FROM (SELECT c0, COALESCE(c1, (CAST($2 AS BIGINT[]))[1]), COALESCE(c2, (CAST($3 AS TEXT[]))[1]), COALESCE(c3, (CAST($4 AS TEXT[]))[1]) FROM unnest(CAST($1 AS BYTEA[]), CAST($2 AS BIGINT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[])) AS rows (c0, c1, c2, c3)) AS new ON CONFLICT ("project_id", "entity_name") DO UPDATE SET "entity_proto" = excluded."entity_proto", "last_updated_timestamp" = excluded."last_updated_timestamp";
COMMIT;
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "projects" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "entities" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "data_sources" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "feature_views" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "stream_feature_views" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "on_demand_feature_views" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "label_views" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "feature_services" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "saved_datasets" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "validation_references" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "permissions" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "managed_infra" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("created_timestamp"), MAX("created_timestamp") FROM "feature_view_version_history" GROUP BY "project_id";
SELECT "project_id", COUNT(*), SUM("last_updated_timestamp"), MAX("last_updated_timestamp") FROM "feast_metadata" GROUP BY "project_id";
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;
