BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE claims (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	holder_id TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "claims" VALUES('full','98ff69c7ac916ecb04d4df92fe842d58','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %');
INSERT INTO "claims" VALUES('bare','98ff69c7ac916ecb04d4df92fe842d58','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %');
CREATE TABLE counters (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	hits BIGINT NOT NULL, 
	ends BIGINT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "counters" VALUES('full','9e851bce28c4219392916086e8023cce',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456');
INSERT INTO "counters" VALUES('bare','9e851bce28c4219392916086e8023cce',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456');
CREATE TABLE datasets (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	filename TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	status TEXT NOT NULL, 
	state TEXT NOT NULL, 
	job_id TEXT, 
	receipt_id TEXT, 
	size BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	reconcile_since DATETIME, 
	read_options JSON NOT NULL, 
	row_sets JSON NOT NULL, 
	pieces JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "datasets" VALUES('full','d9082608d673be48f6d31d146b0f866a','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "datasets" VALUES('bare','d9082608d673be48f6d31d146b0f866a','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,9007199254740993,'2030-01-02 12:00:00.123456',NULL,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
CREATE TABLE dogs (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	name_key TEXT NOT NULL, 
	picture_status TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	picture TEXT, 
	is_adopted BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "dogs" VALUES('full','3095582c06347de59f1791ca4dfba792','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456');
INSERT INTO "dogs" VALUES('bare','3095582c06347de59f1791ca4dfba792','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,1,'2030-01-02 12:00:00.123456');
CREATE TABLE events (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	type TEXT NOT NULL, 
	shard BIGINT NOT NULL, 
	actor_kind TEXT NOT NULL, 
	user_id TEXT, 
	actor_id TEXT, 
	session_id TEXT, 
	ip TEXT, 
	user_agent TEXT, 
	request_id TEXT, 
	at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	due_at DATETIME, 
	data JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "events" VALUES('full','ed7c217b282af880c19eff2c0655bbb9','Å 😀 ''quoted'' 100 %',9007199254740993,'Å 😀 ''quoted'' 100 %','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "events" VALUES('bare','ed7c217b282af880c19eff2c0655bbb9','Å 😀 ''quoted'' 100 %',9007199254740993,'Å 😀 ''quoted'' 100 %',NULL,NULL,NULL,NULL,NULL,NULL,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL);
CREATE TABLE factors (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT, 
	secret TEXT, 
	credential_id TEXT, 
	public_key TEXT, 
	last_step BIGINT NOT NULL, 
	counter BIGINT NOT NULL, 
	backed_up BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_used_at DATETIME, 
	code_hashes JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "factors" VALUES('full','f0143a1aead812e637422a1cc9de6474','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,9007199254740993,1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "factors" VALUES('bare','f0143a1aead812e637422a1cc9de6474','full','Å 😀 ''quoted'' 100 %',NULL,NULL,NULL,NULL,9007199254740993,9007199254740993,1,'2030-01-02 12:00:00.123456',NULL,NULL);
CREATE TABLE files (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	filename TEXT NOT NULL, 
	content_type TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	state TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	receipt_id TEXT, 
	size BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	reconcile_since DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "files" VALUES('full','efb6fc9f840dbeb085a29056216aa4ec','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "files" VALUES('bare','efb6fc9f840dbeb085a29056216aa4ec','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,9007199254740993,'2030-01-02 12:00:00.123456',NULL);
CREATE TABLE invitations (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT, 
	made_by TEXT, 
	email TEXT NOT NULL, 
	role TEXT NOT NULL, 
	is_accepted BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	valid_until DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "invitations" VALUES('full','b57df06a499d6f459ee0528d63a28043','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "invitations" VALUES('bare','b57df06a499d6f459ee0528d63a28043',NULL,NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
CREATE TABLE "jobs" (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT, 
	kind TEXT NOT NULL, 
	subject_id TEXT NOT NULL, 
	status TEXT NOT NULL, 
	error TEXT, 
	ticket TEXT, 
	attempts BIGINT NOT NULL, 
	progress DOUBLE NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	run_at DATETIME NOT NULL, 
	due_at DATETIME, 
	expires_at DATETIME, 
	result JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('full','a5a8ee5e33823873d53215e94323e8a6','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,0.1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "jobs" VALUES('bare','a5a8ee5e33823873d53215e94323e8a6',NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,9007199254740993,0.1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL);
CREATE TABLE mails (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	address_key TEXT NOT NULL, 
	address TEXT NOT NULL, 
	language TEXT NOT NULL, 
	user_id TEXT, 
	epoch BIGINT NOT NULL, 
	attempts BIGINT NOT NULL, 
	details JSON, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	valid_until DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "mails" VALUES('full','b75c84bd25be81b828d6f1c523ea8db3','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','full',9007199254740993,9007199254740993,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "mails" VALUES('bare','b75c84bd25be81b828d6f1c523ea8db3','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,9007199254740993,9007199254740993,NULL,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL);
CREATE TABLE packs (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	set_id TEXT NOT NULL, 
	place TEXT NOT NULL, 
	rows TEXT NOT NULL, 
	valid BOOLEAN NOT NULL, 
	goes_on BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "packs" VALUES('full','5589e0b3a5cb631e7c18fcee494a36f2','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1);
INSERT INTO "packs" VALUES('bare','5589e0b3a5cb631e7c18fcee494a36f2','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1);
CREATE TABLE receipts (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	fingerprint TEXT, 
	answer TEXT, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "receipts" VALUES('full','cc1bc7608d301aee1d7e1768272cd0ba','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456');
INSERT INTO "receipts" VALUES('bare','cc1bc7608d301aee1d7e1768272cd0ba','full',NULL,NULL,'2030-01-02 12:00:00.123456');
CREATE TABLE reports (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "reports" VALUES('full','140c949b48a5fef41891fcdd4433f618','Å 😀 ''quoted'' 100 %');
INSERT INTO "reports" VALUES('bare','140c949b48a5fef41891fcdd4433f618','Å 😀 ''quoted'' 100 %');
CREATE TABLE rosters (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	members JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "rosters" VALUES('full','c24fa7441253750b34875d51937b1055','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "rosters" VALUES('bare','c24fa7441253750b34875d51937b1055','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
CREATE TABLE rows (
	set_id TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	valid SMALLINT NOT NULL, 
	"values" TEXT NOT NULL, 
	PRIMARY KEY (set_id, line)
)
 WITHOUT ROWID

;
INSERT INTO "rows" VALUES('full',2,1,'{"\u00e5": "2"}');
INSERT INTO "rows" VALUES('full',3,0,'{"\u00e5": "3"}');
INSERT INTO "rows" VALUES('full',4,1,'{"\u00e5": "4"}');
CREATE TABLE sessions (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	user_agent TEXT, 
	ip TEXT, 
	current_hash TEXT, 
	spent_hash TEXT, 
	epoch BIGINT NOT NULL, 
	generation BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_used_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	spent_at DATETIME, signed_in_at DATETIME, second_factor TEXT, methods JSON, stepped_up_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "sessions" VALUES('full','0526354124627e4fb6c979629fe857d1','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456');
INSERT INTO "sessions" VALUES('bare','0526354124627e4fb6c979629fe857d1','full',NULL,NULL,NULL,NULL,9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE spent (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "spent" VALUES('full','60baa239f3d4465fe04629a9a270788f','2030-01-02 12:00:00.123456');
INSERT INTO "spent" VALUES('bare','60baa239f3d4465fe04629a9a270788f','2030-01-02 12:00:00.123456');
CREATE TABLE tasks (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	description TEXT, 
	completed BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "tasks" VALUES('full','2400d54123cc2215040856a6bb66c06c','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "tasks" VALUES('bare','2400d54123cc2215040856a6bb66c06c','full','Å 😀 ''quoted'' 100 %',NULL,1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
CREATE TABLE users (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	username TEXT, 
	username_key TEXT, 
	email TEXT, 
	email_key TEXT, 
	name TEXT, 
	last_name TEXT, 
	password_hash TEXT, 
	kept_session TEXT, 
	role TEXT NOT NULL, 
	state TEXT NOT NULL, 
	email_verified BOOLEAN NOT NULL, 
	disabled BOOLEAN NOT NULL, 
	session_epoch BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	sessions_ended_at DATETIME, 
	expires_at DATETIME, 
	reconcile_since DATETIME, 
	reserved JSON, provider_valid_since DATETIME, address_changes BIGINT, provider_project TEXT, factors JSON, invitation_id TEXT, metadata JSON, custom_claims JSON, mirrored_claims JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "users" VALUES('full','2e74c16f66947b063e3b090c2e0e60d2','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456',9007199254740993,'Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "users" VALUES('bare','2e74c16f66947b063e3b090c2e0e60d2',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE INDEX ix_users_state_role_username_key ON users (state, role, username_key, id);
CREATE INDEX ix_users_username_key ON users (username_key, id);
CREATE INDEX ix_users_state_username_key ON users (state, username_key, id);
CREATE INDEX ix_users_expires_at ON users (expires_at, id);
CREATE INDEX ix_users_reconcile_since ON users (reconcile_since, id);
CREATE INDEX ix_users_email_key ON users (email_key, id);
CREATE INDEX ix_sessions_user_id_created_at ON sessions (user_id, created_at, id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at, id);
CREATE INDEX ix_counters_expires_at ON counters (expires_at, id);
CREATE INDEX ix_tasks_user_id_created_at ON tasks (user_id, created_at, id);
CREATE INDEX ix_tasks_user_id_completed_created_at ON tasks (user_id, completed, created_at, id);
CREATE INDEX ix_dogs_user_id_name_key ON dogs (user_id, name_key, id);
CREATE INDEX ix_dogs_name_key ON dogs (name_key, id);
CREATE INDEX ix_dogs_is_adopted_name_key ON dogs (is_adopted, name_key, id);
CREATE INDEX ix_files_state_created_at ON files (state, created_at, id);
CREATE INDEX ix_files_reconcile_since ON files (reconcile_since, id);
CREATE INDEX ix_files_state_user_id_created_at ON files (state, user_id, created_at, id);
CREATE INDEX ix_files_user_id_created_at ON files (user_id, created_at, id);
CREATE INDEX ix_receipts_expires_at ON receipts (expires_at, id);
CREATE INDEX ix_receipts_user_id_expires_at ON receipts (user_id, expires_at, id);
CREATE INDEX ix_packs_set_id_valid_place ON packs (set_id, valid, place, id);
CREATE INDEX ix_datasets_state_created_at ON datasets (state, created_at, id);
CREATE INDEX ix_datasets_user_id_created_at ON datasets (user_id, created_at, id);
CREATE INDEX ix_datasets_state_user_id_created_at ON datasets (state, user_id, created_at, id);
CREATE INDEX ix_datasets_reconcile_since ON datasets (reconcile_since, id);
CREATE INDEX ix_rows_invalid ON rows (set_id, line, valid) WHERE valid = 0;
CREATE INDEX ix_mails_kind_address_key_created_at ON mails (kind, address_key, created_at, id);
CREATE INDEX ix_mails_expires_at ON mails (expires_at, id);
CREATE INDEX ix_jobs_status_created_at ON jobs (status, created_at, id);
CREATE INDEX ix_jobs_user_id_created_at ON jobs (user_id, created_at, id);
CREATE INDEX ix_jobs_due_at ON jobs (due_at, id);
CREATE INDEX ix_jobs_expires_at ON jobs (expires_at, id);
CREATE INDEX ix_jobs_created_at ON jobs (created_at, id);
CREATE INDEX ix_factors_user_id_created_at ON factors (user_id, created_at, id);
CREATE INDEX ix_spent_expires_at ON spent (expires_at, id);
CREATE INDEX ix_events_user_id_at ON events (user_id, at, id);
CREATE INDEX ix_events_user_id_type_at ON events (user_id, type, at, id);
CREATE INDEX ix_events_shard_at ON events (shard, at, id);
CREATE INDEX ix_events_shard_type_at ON events (shard, type, at, id);
CREATE INDEX ix_events_shard_due_at ON events (shard, due_at, id);
CREATE INDEX ix_events_expires_at ON events (expires_at, id);
CREATE INDEX ix_invitations_is_accepted_created_at ON invitations (is_accepted, created_at, id);
CREATE INDEX ix_invitations_user_id_created_at ON invitations (user_id, created_at, id);
CREATE INDEX ix_invitations_created_at ON invitations (created_at, id);
CREATE INDEX ix_invitations_expires_at ON invitations (expires_at, id);
COMMIT;
