//! Finding the field that keeps a value from being a message.

use feast_registry_core::json;
use serde_json::{Map, Value};

/// Most values tried: a search takes its time only with absurd input.
const MAX_TRIALS: usize = 10_000;

/// The path of the first field that is wrong, and why it is.
///
/// The reader of protobuf JSON knows no paths. So each field is tried alone, from the top down:
/// one that fails even so is wrong, or holds what is wrong.
pub(super) fn culprit(message: &str, value: &Value) -> Option<(String, String)> {
    let mut search = Search {
        message,
        trials: 0,
        path: String::new(),
    };
    let problem = search.descend(value, &|alone| alone)?;
    let prefix = format!("not a {}: ", message.rsplit('.').next().unwrap_or(message));
    let problem = problem.strip_prefix(&prefix).unwrap_or(&problem).to_owned();
    (!search.path.is_empty()).then_some((search.path, problem))
}

struct Search<'a> {
    message: &'a str,
    trials: usize,
    path: String,
}

impl Search<'_> {
    /// Looks below a value for what is wrong; `wrap` puts a part of it back into its place.
    fn descend(&mut self, value: &Value, wrap: &dyn Fn(Value) -> Value) -> Option<String> {
        match value {
            Value::Object(fields) => fields.iter().find_map(|(key, child)| {
                let alone = |part| Value::Object(Map::from_iter([(key.clone(), part)]));
                let dot = if self.path.is_empty() { "" } else { "." };
                self.visit(&format!("{dot}{key}"), child, &|part| wrap(alone(part)))
            }),
            Value::Array(items) => items.iter().enumerate().find_map(|(index, child)| {
                let alone = |part| Value::Array(vec![part]);
                self.visit(&format!("[{index}]"), child, &|part| wrap(alone(part)))
            }),
            _ => None,
        }
    }

    fn visit(
        &mut self,
        step: &str,
        child: &Value,
        wrap: &dyn Fn(Value) -> Value,
    ) -> Option<String> {
        self.trials += 1;
        if self.trials > MAX_TRIALS {
            return None;
        }
        let error = json::from_json(self.message, wrap(child.clone())).err()?;
        let above = self.path.len();
        self.path.push_str(step);
        let deeper = self.descend(child, wrap);
        if deeper.is_none() {
            self.path.truncate(above + step.len());
        }
        deeper.or_else(|| Some(error.message().to_owned()))
    }
}
