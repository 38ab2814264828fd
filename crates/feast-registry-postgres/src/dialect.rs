//! How PostgreSQL wants its statements.

use feast_registry_core::store::Limits;
use feast_registry_sql::{ColumnType, Dialect, LoggedTable, UpdateRows};

/// A field holds a gigabyte; the row, the statement and its frame must fit into one as well.
const OBJECT_BYTES: usize = 1_000_000_000;

/// PostgreSQL.
///
/// A dialect of its family keeps one of these and passes on what it does not answer itself.
#[derive(Clone, Debug, Default)]
pub struct PostgresDialect {
    schema: Option<String>,
}

impl PostgresDialect {
    /// Tables in the current schema of the session, which is `public` unless somebody has set
    /// `search_path`.
    pub fn new() -> Self {
        PostgresDialect::default()
    }

    /// Tables in a named schema, which every statement names, so that no session has to be told;
    /// without a name as [`PostgresDialect::new`].
    pub fn in_schema(schema: Option<String>) -> Self {
        PostgresDialect { schema }
    }

    /// The function that logs the changes of a table.
    fn log_function(&self, table: &LoggedTable) -> String {
        self.table(&format!("feast_registry_log_{}", table.name))
    }

    /// The schema of the tables as a text of SQL.
    fn schema_text(&self) -> String {
        match &self.schema {
            Some(schema) => format!("'{}'", schema.replace('\'', "''")),
            None => "current_schema()".to_owned(),
        }
    }
}

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn list_tables(&self) -> String {
        format!(
            "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = {}",
            self.schema_text()
        )
    }

    fn placeholder(&self, n: usize) -> String {
        format!("${n}")
    }

    fn table(&self, name: &str) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(name)),
            None => self.quote(name),
        }
    }

    fn byte_order(&self, column: &str) -> String {
        format!("{column} COLLATE \"C\"")
    }

    fn column_type(&self, column: ColumnType) -> String {
        match column {
            ColumnType::Varchar(length) => format!("VARCHAR({length})"),
            ColumnType::Text => "TEXT".to_owned(),
            ColumnType::BigInt => "BIGINT".to_owned(),
            ColumnType::Integer => "INTEGER".to_owned(),
            ColumnType::Bytes => "BYTEA".to_owned(),
        }
    }

    /// Said, because the server's default may be another: locks do the rest, and stricter levels
    /// would end transactions that only had to wait.
    fn begin_write(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL READ COMMITTED"
    }

    /// Which transactions a reader sees: every one that writes is given the next number.
    fn version_query(&self) -> Option<&'static str> {
        Some("SELECT txid_current_snapshot()::text")
    }

    fn clock_query(&self) -> Option<&'static str> {
        Some("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)")
    }

    fn begin_snapshot(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    /// A column in which all rows have one value comes as an array of that one; `unnest` fills it up with
    /// NULL.
    fn rows_from_arrays(&self, first: usize, columns: &[ColumnType]) -> Option<String> {
        let (mut arrays, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (at, column) in columns.iter().enumerate() {
            let (parameter, name) = (self.placeholder(first + at), format!("c{at}"));
            let element = match column {
                ColumnType::Varchar(_) | ColumnType::Text => "TEXT",
                ColumnType::BigInt | ColumnType::Integer => "BIGINT",
                ColumnType::Bytes => "BYTEA",
            };
            let array = format!("CAST({parameter} AS {element}[])");
            values.push(match column {
                ColumnType::Bytes => name.clone(),
                _ => format!("COALESCE({name}, ({array})[1])"),
            });
            arrays.push(array);
            names.push(name);
        }
        Some(format!(
            "(SELECT {} FROM unnest({}) AS rows ({}))",
            values.join(", "),
            arrays.join(", "),
            names.join(", ")
        ))
    }

    /// Behind SELECT the planner does not count the names, and so finds one plan for any number of them
    /// no worse: else it would plan short lists anew every time, which takes longer than to read them.
    fn names_from_array(&self, parameter: usize) -> Option<String> {
        let names = self.placeholder(parameter);
        Some(format!("unnest((SELECT CAST({names} AS TEXT[])))"))
    }

    /// Of the rows, which are there and locked, none is inserted. An UPDATE that joins them would need a
    /// plan, which is right for the table as it was when it was made.
    fn update_rows(&self, update: &UpdateRows<'_>, _rows: usize) -> Option<String> {
        let (names, types): (Vec<&str>, Vec<ColumnType>) = update.columns().unzip();
        let set = update
            .set
            .map(|(name, _)| format!("{name} = excluded.{name}"));
        Some(format!(
            "INSERT INTO {} ({}) SELECT * FROM {} AS new ON CONFLICT ({}) DO UPDATE SET {}",
            update.table,
            names.join(", "),
            self.rows_from_arrays(1, &types)?,
            update.key.map(|(name, _)| name).join(", "),
            set.join(", ")
        ))
    }

    fn log_numbers(&self, first: i64) -> Option<String> {
        Some(format!(
            "BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH {first})"
        ))
    }

    /// One call for a statement, however many rows it changes. The function has the rights of who made
    /// it, on the tables that its maker saw: other programs' users need none on the log.
    fn log_triggers(&self, table: &LoggedTable) -> Vec<String> {
        let (function, insert, key) = (self.log_function(table), &table.insert, table.key(""));
        let function_text = format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$\n\
             BEGIN\n  \
             IF TG_OP = 'DELETE' THEN\n    {insert} SELECT {key} FROM gone;\n  \
             ELSE\n    {insert} SELECT {key} FROM written;\n  \
             END IF;\n  \
             RETURN NULL;\n\
             END $$"
        );
        let trigger = |(event, rows): (&str, &str)| {
            format!(
                "CREATE TRIGGER feast_registry_log_{} AFTER {event} ON {} REFERENCING {rows} FOR EACH STATEMENT EXECUTE PROCEDURE {function}()",
                event.to_ascii_lowercase(),
                table.table
            )
        };
        let triggers = [
            ("INSERT", "NEW TABLE AS written"),
            ("UPDATE", "NEW TABLE AS written"),
            ("DELETE", "OLD TABLE AS gone"),
        ];
        std::iter::once(function_text)
            .chain(triggers.map(trigger))
            .collect()
    }

    /// The triggers go with their function.
    fn drop_log_triggers(&self, table: &LoggedTable) -> Vec<String> {
        let function = self.log_function(table);
        vec![format!("DROP FUNCTION IF EXISTS {function}() CASCADE")]
    }

    fn limits(&self) -> Limits {
        Limits::default().with_object_bytes(OBJECT_BYTES)
    }
}
