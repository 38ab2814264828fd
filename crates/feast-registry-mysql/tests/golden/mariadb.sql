CREATE TABLE `projects` (
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `project_proto` LONGBLOB NOT NULL,
  PRIMARY KEY (`project_id`),
  INDEX `idx_projects_project_id` (`project_id`)
);
CREATE TABLE `entities` (
  `entity_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `entity_proto` LONGBLOB NOT NULL,
  PRIMARY KEY (`entity_name`, `project_id`),
  INDEX `idx_entities_project_id` (`project_id`)
);
CREATE TABLE `data_sources` (
  `data_source_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `data_source_proto` LONGBLOB NOT NULL,
  PRIMARY KEY (`data_source_name`, `project_id`),
  INDEX `idx_data_sources_project_id` (`project_id`)
);
CREATE TABLE `feature_views` (
  `feature_view_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `materialized_intervals` LONGBLOB,
  `feature_view_proto` LONGBLOB NOT NULL,
  `user_metadata` LONGBLOB,
  PRIMARY KEY (`feature_view_name`, `project_id`),
  INDEX `idx_feature_views_project_id` (`project_id`)
);
CREATE TABLE `stream_feature_views` (
  `feature_view_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `feature_view_proto` LONGBLOB NOT NULL,
  `user_metadata` LONGBLOB,
  PRIMARY KEY (`feature_view_name`, `project_id`),
  INDEX `idx_stream_feature_views_project_id` (`project_id`)
);
CREATE TABLE `on_demand_feature_views` (
  `feature_view_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `feature_view_proto` LONGBLOB NOT NULL,
  `user_metadata` LONGBLOB,
  PRIMARY KEY (`feature_view_name`, `project_id`),
  INDEX `idx_on_demand_feature_views_project_id` (`project_id`)
);
CREATE TABLE `label_views` (
  `feature_view_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `feature_view_proto` LONGBLOB NOT NULL,
  `user_metadata` LONGBLOB,
  PRIMARY KEY (`feature_view_name`, `project_id`),
  INDEX `idx_label_views_project_id` (`project_id`)
);
CREATE TABLE `feature_services` (
  `feature_service_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `feature_service_proto` LONGBLOB NOT NULL,
  PRIMARY KEY (`feature_service_name`, `project_id`),
  INDEX `idx_feature_services_project_id` (`project_id`)
);
CREATE TABLE `saved_datasets` (
  `saved_dataset_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `saved_dataset_proto` LONGBLOB NOT NULL,
  PRIMARY KEY (`saved_dataset_name`, `project_id`),
  INDEX `idx_saved_datasets_project_id` (`project_id`)
);
CREATE TABLE `validation_references` (
  `validation_reference_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `validation_reference_proto` LONGBLOB NOT NULL,
  PRIMARY KEY (`validation_reference_name`, `project_id`),
  INDEX `idx_validation_references_project_id` (`project_id`)
);
CREATE TABLE `permissions` (
  `permission_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `permission_proto` LONGBLOB NOT NULL,
  PRIMARY KEY (`permission_name`, `project_id`),
  INDEX `idx_permissions_project_id` (`project_id`)
);
CREATE TABLE `managed_infra` (
  `infra_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  `infra_proto` LONGBLOB NOT NULL,
  PRIMARY KEY (`infra_name`, `project_id`),
  INDEX `idx_managed_infra_project_id` (`project_id`)
);
CREATE TABLE `feature_view_version_history` (
  `feature_view_name` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `version_number` INTEGER NOT NULL,
  `feature_view_type` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `feature_view_proto` LONGBLOB NOT NULL,
  `created_timestamp` BIGINT NOT NULL,
  `description` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin,
  `version_id` VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  PRIMARY KEY (`feature_view_name`, `project_id`, `version_number`),
  INDEX `idx_fv_version_history_project_id` (`project_id`)
);
CREATE TABLE `feast_metadata` (
  `project_id` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `metadata_key` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `metadata_value` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `last_updated_timestamp` BIGINT NOT NULL,
  PRIMARY KEY (`project_id`, `metadata_key`),
  INDEX `idx_feast_metadata_project_id` (`project_id`)
);
CREATE TABLE `feast_registry_schema` (
  `version` BIGINT NOT NULL,
  `upgraded_by` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  PRIMARY KEY (`version`)
);
INSERT INTO `feast_registry_schema` (`version`, `upgraded_by`) VALUES (1, 'feast-registry […]');
SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE();
SELECT UNIX_TIMESTAMP();
CREATE TABLE `feast_registry_changes` (
  `id` BIGINT AUTO_INCREMENT NOT NULL,
  `table_name` VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `project_id` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `name` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `number` INTEGER NOT NULL,
  PRIMARY KEY (`id`)
);
INSERT INTO `feast_registry_changes` (`id`, `table_name`, `project_id`, `name`, `number`) VALUES (0, '', '', '', 0);
CREATE TRIGGER feast_registry_insert_projects AFTER INSERT ON `projects` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('projects', NEW.`project_id`, NEW.`project_name`, 0);
CREATE TRIGGER feast_registry_update_projects AFTER UPDATE ON `projects` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('projects', NEW.`project_id`, NEW.`project_name`, 0);
CREATE TRIGGER feast_registry_delete_projects AFTER DELETE ON `projects` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('projects', OLD.`project_id`, OLD.`project_name`, 0);
CREATE TRIGGER feast_registry_insert_entities AFTER INSERT ON `entities` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('entities', NEW.`project_id`, NEW.`entity_name`, 0);
CREATE TRIGGER feast_registry_update_entities AFTER UPDATE ON `entities` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('entities', NEW.`project_id`, NEW.`entity_name`, 0);
CREATE TRIGGER feast_registry_delete_entities AFTER DELETE ON `entities` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('entities', OLD.`project_id`, OLD.`entity_name`, 0);
CREATE TRIGGER feast_registry_insert_data_sources AFTER INSERT ON `data_sources` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('data_sources', NEW.`project_id`, NEW.`data_source_name`, 0);
CREATE TRIGGER feast_registry_update_data_sources AFTER UPDATE ON `data_sources` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('data_sources', NEW.`project_id`, NEW.`data_source_name`, 0);
CREATE TRIGGER feast_registry_delete_data_sources AFTER DELETE ON `data_sources` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('data_sources', OLD.`project_id`, OLD.`data_source_name`, 0);
CREATE TRIGGER feast_registry_insert_feature_views AFTER INSERT ON `feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_views', NEW.`project_id`, NEW.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_update_feature_views AFTER UPDATE ON `feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_views', NEW.`project_id`, NEW.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_delete_feature_views AFTER DELETE ON `feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_views', OLD.`project_id`, OLD.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_insert_stream_feature_views AFTER INSERT ON `stream_feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('stream_feature_views', NEW.`project_id`, NEW.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_update_stream_feature_views AFTER UPDATE ON `stream_feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('stream_feature_views', NEW.`project_id`, NEW.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_delete_stream_feature_views AFTER DELETE ON `stream_feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('stream_feature_views', OLD.`project_id`, OLD.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_insert_on_demand_feature_views AFTER INSERT ON `on_demand_feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('on_demand_feature_views', NEW.`project_id`, NEW.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_update_on_demand_feature_views AFTER UPDATE ON `on_demand_feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('on_demand_feature_views', NEW.`project_id`, NEW.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_delete_on_demand_feature_views AFTER DELETE ON `on_demand_feature_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('on_demand_feature_views', OLD.`project_id`, OLD.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_insert_label_views AFTER INSERT ON `label_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('label_views', NEW.`project_id`, NEW.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_update_label_views AFTER UPDATE ON `label_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('label_views', NEW.`project_id`, NEW.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_delete_label_views AFTER DELETE ON `label_views` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('label_views', OLD.`project_id`, OLD.`feature_view_name`, 0);
CREATE TRIGGER feast_registry_insert_feature_services AFTER INSERT ON `feature_services` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_services', NEW.`project_id`, NEW.`feature_service_name`, 0);
CREATE TRIGGER feast_registry_update_feature_services AFTER UPDATE ON `feature_services` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_services', NEW.`project_id`, NEW.`feature_service_name`, 0);
CREATE TRIGGER feast_registry_delete_feature_services AFTER DELETE ON `feature_services` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_services', OLD.`project_id`, OLD.`feature_service_name`, 0);
CREATE TRIGGER feast_registry_insert_saved_datasets AFTER INSERT ON `saved_datasets` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('saved_datasets', NEW.`project_id`, NEW.`saved_dataset_name`, 0);
CREATE TRIGGER feast_registry_update_saved_datasets AFTER UPDATE ON `saved_datasets` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('saved_datasets', NEW.`project_id`, NEW.`saved_dataset_name`, 0);
CREATE TRIGGER feast_registry_delete_saved_datasets AFTER DELETE ON `saved_datasets` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('saved_datasets', OLD.`project_id`, OLD.`saved_dataset_name`, 0);
CREATE TRIGGER feast_registry_insert_validation_references AFTER INSERT ON `validation_references` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('validation_references', NEW.`project_id`, NEW.`validation_reference_name`, 0);
CREATE TRIGGER feast_registry_update_validation_references AFTER UPDATE ON `validation_references` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('validation_references', NEW.`project_id`, NEW.`validation_reference_name`, 0);
CREATE TRIGGER feast_registry_delete_validation_references AFTER DELETE ON `validation_references` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('validation_references', OLD.`project_id`, OLD.`validation_reference_name`, 0);
CREATE TRIGGER feast_registry_insert_permissions AFTER INSERT ON `permissions` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('permissions', NEW.`project_id`, NEW.`permission_name`, 0);
CREATE TRIGGER feast_registry_update_permissions AFTER UPDATE ON `permissions` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('permissions', NEW.`project_id`, NEW.`permission_name`, 0);
CREATE TRIGGER feast_registry_delete_permissions AFTER DELETE ON `permissions` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('permissions', OLD.`project_id`, OLD.`permission_name`, 0);
CREATE TRIGGER feast_registry_insert_managed_infra AFTER INSERT ON `managed_infra` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('managed_infra', NEW.`project_id`, NEW.`infra_name`, 0);
CREATE TRIGGER feast_registry_update_managed_infra AFTER UPDATE ON `managed_infra` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('managed_infra', NEW.`project_id`, NEW.`infra_name`, 0);
CREATE TRIGGER feast_registry_delete_managed_infra AFTER DELETE ON `managed_infra` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('managed_infra', OLD.`project_id`, OLD.`infra_name`, 0);
CREATE TRIGGER feast_registry_insert_feature_view_version_history AFTER INSERT ON `feature_view_version_history` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_view_version_history', NEW.`project_id`, NEW.`feature_view_name`, NEW.`version_number`);
CREATE TRIGGER feast_registry_update_feature_view_version_history AFTER UPDATE ON `feature_view_version_history` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_view_version_history', NEW.`project_id`, NEW.`feature_view_name`, NEW.`version_number`);
CREATE TRIGGER feast_registry_delete_feature_view_version_history AFTER DELETE ON `feature_view_version_history` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feature_view_version_history', OLD.`project_id`, OLD.`feature_view_name`, OLD.`version_number`);
CREATE TRIGGER feast_registry_insert_feast_metadata AFTER INSERT ON `feast_metadata` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feast_metadata', NEW.`project_id`, NEW.`metadata_key`, 0);
CREATE TRIGGER feast_registry_update_feast_metadata AFTER UPDATE ON `feast_metadata` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feast_metadata', NEW.`project_id`, NEW.`metadata_key`, 0);
CREATE TRIGGER feast_registry_delete_feast_metadata AFTER DELETE ON `feast_metadata` FOR EACH ROW INSERT INTO `feast_registry_changes` (`table_name`, `project_id`, `name`, `number`) VALUES ('feast_metadata', OLD.`project_id`, OLD.`metadata_key`, 0);
INSERT INTO `feast_registry_changes` (`id`, `table_name`, `project_id`, `name`, `number`) VALUES (1, '', '', '', 0);
DROP TRIGGER IF EXISTS feast_registry_insert_projects;
DROP TRIGGER IF EXISTS feast_registry_update_projects;
DROP TRIGGER IF EXISTS feast_registry_delete_projects;
DROP TRIGGER IF EXISTS feast_registry_insert_entities;
DROP TRIGGER IF EXISTS feast_registry_update_entities;
DROP TRIGGER IF EXISTS feast_registry_delete_entities;
DROP TRIGGER IF EXISTS feast_registry_insert_data_sources;
DROP TRIGGER IF EXISTS feast_registry_update_data_sources;
DROP TRIGGER IF EXISTS feast_registry_delete_data_sources;
DROP TRIGGER IF EXISTS feast_registry_insert_feature_views;
DROP TRIGGER IF EXISTS feast_registry_update_feature_views;
DROP TRIGGER IF EXISTS feast_registry_delete_feature_views;
DROP TRIGGER IF EXISTS feast_registry_insert_stream_feature_views;
DROP TRIGGER IF EXISTS feast_registry_update_stream_feature_views;
DROP TRIGGER IF EXISTS feast_registry_delete_stream_feature_views;
DROP TRIGGER IF EXISTS feast_registry_insert_on_demand_feature_views;
DROP TRIGGER IF EXISTS feast_registry_update_on_demand_feature_views;
DROP TRIGGER IF EXISTS feast_registry_delete_on_demand_feature_views;
DROP TRIGGER IF EXISTS feast_registry_insert_label_views;
DROP TRIGGER IF EXISTS feast_registry_update_label_views;
DROP TRIGGER IF EXISTS feast_registry_delete_label_views;
DROP TRIGGER IF EXISTS feast_registry_insert_feature_services;
DROP TRIGGER IF EXISTS feast_registry_update_feature_services;
DROP TRIGGER IF EXISTS feast_registry_delete_feature_services;
DROP TRIGGER IF EXISTS feast_registry_insert_saved_datasets;
DROP TRIGGER IF EXISTS feast_registry_update_saved_datasets;
DROP TRIGGER IF EXISTS feast_registry_delete_saved_datasets;
DROP TRIGGER IF EXISTS feast_registry_insert_validation_references;
DROP TRIGGER IF EXISTS feast_registry_update_validation_references;
DROP TRIGGER IF EXISTS feast_registry_delete_validation_references;
DROP TRIGGER IF EXISTS feast_registry_insert_permissions;
DROP TRIGGER IF EXISTS feast_registry_update_permissions;
DROP TRIGGER IF EXISTS feast_registry_delete_permissions;
DROP TRIGGER IF EXISTS feast_registry_insert_managed_infra;
DROP TRIGGER IF EXISTS feast_registry_update_managed_infra;
DROP TRIGGER IF EXISTS feast_registry_delete_managed_infra;
DROP TRIGGER IF EXISTS feast_registry_insert_feature_view_version_history;
DROP TRIGGER IF EXISTS feast_registry_update_feature_view_version_history;
DROP TRIGGER IF EXISTS feast_registry_delete_feature_view_version_history;
DROP TRIGGER IF EXISTS feast_registry_insert_feast_metadata;
DROP TRIGGER IF EXISTS feast_registry_update_feast_metadata;
DROP TRIGGER IF EXISTS feast_registry_delete_feast_metadata;
DROP TABLE IF EXISTS `feast_registry_changes`;
SELECT `project_id`, `project_name`, `last_updated_timestamp`, `project_proto` FROM `projects` WHERE `project_id` = ? AND `project_name` = ?;
SELECT `project_id`, `project_name`, `last_updated_timestamp`, `project_proto` FROM `projects` WHERE SUBSTR(`project_name`, 1, 1) = ? AND `project_id` >= ? AND (`project_id` > ? OR `project_name` > ?) ORDER BY `project_id`, `project_name` LIMIT 11;
BEGIN;
SELECT `project_id`, `project_name`, `last_updated_timestamp`, `project_proto` FROM `projects` WHERE `project_id` = ? AND `project_name` = ? FOR UPDATE;
INSERT INTO `projects` (`project_id`, `project_name`, `last_updated_timestamp`, `project_proto`) VALUES (?, ?, ?, ?);
UPDATE `projects` SET `project_proto` = ?, `last_updated_timestamp` = ? WHERE `project_id` = ? AND `project_name` = ?;
DELETE FROM `projects` WHERE `project_id` = ? AND `project_name` = ?;
DELETE FROM `projects` WHERE `project_id` = ?;
COMMIT;
BEGIN;
INSERT INTO `projects` (`project_id`, `project_name`, `last_updated_timestamp`, `project_proto`) VALUES (?, [499 x] ?, ?, ?), (?, ?, ?, ?);
COMMIT;
SELECT `project_id`, `entity_name`, `last_updated_timestamp`, `entity_proto` FROM `entities` WHERE `project_id` = ? AND `entity_name` = ?;
SELECT `project_id`, `entity_name`, `last_updated_timestamp`, `entity_proto` FROM `entities` WHERE SUBSTR(`entity_name`, 1, 1) = ? AND `project_id` >= ? AND (`project_id` > ? OR `entity_name` > ?) ORDER BY `project_id`, `entity_name` LIMIT 11;
BEGIN;
SELECT `project_id`, `entity_name`, `last_updated_timestamp`, `entity_proto` FROM `entities` WHERE `project_id` = ? AND `entity_name` = ? FOR UPDATE;
SELECT `project_id`, `entity_name`, `last_updated_timestamp`, `entity_proto` FROM `entities` WHERE `project_id` = ? AND `entity_name` = ? LOCK IN SHARE MODE;
INSERT INTO `entities` (`project_id`, `entity_name`, `last_updated_timestamp`, `entity_proto`) VALUES (?, ?, ?, ?);
UPDATE `entities` SET `entity_proto` = ?, `last_updated_timestamp` = ? WHERE `project_id` = ? AND `entity_name` = ?;
DELETE FROM `entities` WHERE `project_id` = ? AND `entity_name` = ?;
DELETE FROM `entities` WHERE `project_id` = ?;
COMMIT;
BEGIN;
INSERT INTO `entities` (`project_id`, `entity_name`, `last_updated_timestamp`, `entity_proto`) VALUES (?, [499 x] ?, ?, ?), (?, ?, ?, ?);
COMMIT;
SELECT `project_id`, `feature_view_name`, `last_updated_timestamp`, `feature_view_proto`, `user_metadata` FROM `feature_views` WHERE `project_id` = ? AND `feature_view_name` = ?;
SELECT `project_id`, `feature_view_name`, `last_updated_timestamp`, `feature_view_proto`, `user_metadata` FROM `feature_views` WHERE SUBSTR(`feature_view_name`, 1, 1) = ? AND `project_id` >= ? AND (`project_id` > ? OR `feature_view_name` > ?) ORDER BY `project_id`, `feature_view_name` LIMIT 11;
BEGIN;
SELECT `project_id`, `feature_view_name`, `last_updated_timestamp`, `feature_view_proto`, `user_metadata` FROM `feature_views` WHERE `project_id` = ? AND `feature_view_name` = ? FOR UPDATE;
SELECT `project_id`, `feature_view_name`, `last_updated_timestamp`, `feature_view_proto`, `user_metadata` FROM `feature_views` WHERE `project_id` = ? AND `feature_view_name` = ? LOCK IN SHARE MODE;
INSERT INTO `feature_views` (`project_id`, `feature_view_name`, `last_updated_timestamp`, `feature_view_proto`, `user_metadata`) VALUES (?, ?, ?, ?, ?);
UPDATE `feature_views` SET `feature_view_proto` = ?, `last_updated_timestamp` = ? WHERE `project_id` = ? AND `feature_view_name` = ?;
UPDATE `feature_views` SET `user_metadata` = ?, `last_updated_timestamp` = ? WHERE `project_id` = ? AND `feature_view_name` = ?;
DELETE FROM `feature_views` WHERE `project_id` = ? AND `feature_view_name` = ?;
DELETE FROM `feature_views` WHERE `project_id` = ?;
COMMIT;
BEGIN;
INSERT INTO `feature_views` (`project_id`, `feature_view_name`, `last_updated_timestamp`, `feature_view_proto`, `user_metadata`) VALUES (?, [499 x] ?, ?, ?, ?), (?, ?, ?, ?, ?);
COMMIT;
SELECT `project_id`, `feature_view_name`, `created_timestamp`, `feature_view_proto`, `version_number`, `feature_view_type`, `version_id`, `description` FROM `feature_view_version_history` WHERE `project_id` = ? AND `feature_view_name` = ? AND `version_number` = ?;
SELECT `project_id`, `feature_view_name`, `created_timestamp`, `feature_view_proto`, `version_number`, `feature_view_type`, `version_id`, `description` FROM `feature_view_version_history` WHERE SUBSTR(`feature_view_name`, 1, 1) = ? AND `project_id` >= ? AND (`project_id` > ? OR `feature_view_name` >= ? AND (`feature_view_name` > ? OR `version_number` > ?)) ORDER BY `project_id`, `feature_view_name`, `version_number` LIMIT 11;
BEGIN;
SELECT `project_id`, `feature_view_name`, `created_timestamp`, `feature_view_proto`, `version_number`, `feature_view_type`, `version_id`, `description` FROM `feature_view_version_history` WHERE `project_id` = ? AND `feature_view_name` = ? AND `version_number` = ? FOR UPDATE;
SELECT `project_id`, `feature_view_name`, `created_timestamp`, `feature_view_proto`, `version_number`, `feature_view_type`, `version_id`, `description` FROM `feature_view_version_history` WHERE `project_id` = ? AND `feature_view_name` = ? AND `version_number` = ? LOCK IN SHARE MODE;
SELECT `project_id`, `feature_view_name`, `created_timestamp`, NULL, `version_number` FROM `feature_view_version_history` WHERE `project_id` = ? AND `feature_view_name` = ? ORDER BY `version_number` DESC LIMIT 1;
INSERT INTO `feature_view_version_history` (`project_id`, `feature_view_name`, `created_timestamp`, `feature_view_proto`, `version_number`, `feature_view_type`, `version_id`, `description`) VALUES (?, ?, ?, ?, ?, ?, ?, ?);
DELETE FROM `feature_view_version_history` WHERE `project_id` = ? AND `feature_view_name` = ? AND `version_number` = ?;
DELETE FROM `feature_view_version_history` WHERE `project_id` = ?;
COMMIT;
BEGIN;
INSERT INTO `feature_view_version_history` (`project_id`, `feature_view_name`, `created_timestamp`, `feature_view_proto`, `version_number`, `feature_view_type`, `version_id`, `description`) VALUES (?, [499 x] ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?);
COMMIT;
SELECT `project_id`, `metadata_key`, `last_updated_timestamp`, `metadata_value` FROM `feast_metadata` WHERE `project_id` = ? AND `metadata_key` = ?;
SELECT `project_id`, `metadata_key`, `last_updated_timestamp`, `metadata_value` FROM `feast_metadata` WHERE SUBSTR(`metadata_key`, 1, 1) = ? AND `project_id` >= ? AND (`project_id` > ? OR `metadata_key` > ?) ORDER BY `project_id`, `metadata_key` LIMIT 11;
BEGIN;
SELECT `project_id`, `metadata_key`, `last_updated_timestamp`, `metadata_value` FROM `feast_metadata` WHERE `project_id` = ? AND `metadata_key` = ? FOR UPDATE;
SELECT `project_id`, `metadata_key`, `last_updated_timestamp`, `metadata_value` FROM `feast_metadata` WHERE `project_id` = ? AND `metadata_key` = ? LOCK IN SHARE MODE;
INSERT INTO `feast_metadata` (`project_id`, `metadata_key`, `last_updated_timestamp`, `metadata_value`) VALUES (?, ?, ?, ?);
UPDATE `feast_metadata` SET `metadata_value` = ?, `last_updated_timestamp` = ? WHERE `project_id` = ? AND `metadata_key` = ?;
DELETE FROM `feast_metadata` WHERE `project_id` = ? AND `metadata_key` = ?;
DELETE FROM `feast_metadata` WHERE `project_id` = ?;
COMMIT;
BEGIN;
INSERT INTO `feast_metadata` (`project_id`, `metadata_key`, `last_updated_timestamp`, `metadata_value`) VALUES (?, [499 x] ?, ?, ?), (?, ?, ?, ?);
COMMIT;
BEGIN;
SELECT `project_id`, `entity_name`, `last_updated_timestamp`, `entity_proto` FROM `entities` FORCE INDEX (PRIMARY) WHERE `project_id` = ? AND `entity_name` IN (?, [498 x] ?, ?) ORDER BY `entity_name`, `project_id` FOR UPDATE;
INSERT INTO `entities` (`entity_proto`, `last_updated_timestamp`, `project_id`, `entity_name`) VALUES (?, [499 x] ?, ?, ?), (?, ?, ?, ?) ON DUPLICATE KEY UPDATE `entity_proto` = VALUES(`entity_proto`), `last_updated_timestamp` = VALUES(`last_updated_timestamp`);
COMMIT;
BEGIN;
SELECT `project_id`, `feature_view_name`, 0, NULL FROM `feature_views` WHERE `project_id` = ? LIMIT 64;
ROLLBACK;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `projects` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `entities` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `data_sources` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `feature_views` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `stream_feature_views` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `on_demand_feature_views` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `label_views` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `feature_services` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `saved_datasets` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `validation_references` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `permissions` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `managed_infra` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`created_timestamp`), MAX(`created_timestamp`) FROM `feature_view_version_history` GROUP BY `project_id`;
SELECT `project_id`, COUNT(*), SUM(`last_updated_timestamp`), MAX(`last_updated_timestamp`) FROM `feast_metadata` GROUP BY `project_id`;
START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;
