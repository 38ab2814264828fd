//! The forms that Feast users write, and hostile ones.

mod forms;
mod hostile;
