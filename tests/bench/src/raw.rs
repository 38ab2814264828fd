//! What the raw driver does: the least that anybody must send to write and read these rows safely.

use async_trait::async_trait;

/// A view as the raw driver knows it.
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) body: &'a [u8],
    /// The number of its new version, if the history gets a row too.
    pub(crate) version: Option<i32>,
}

/// A raw driver, with a way to make connections.
#[async_trait]
pub(crate) trait Raw: Send + Sync {
    type Connection: RawConnection + 'static;

    async fn connect(&self) -> Self::Connection;
}

/// One connection with everything prepared.
#[async_trait]
pub(crate) trait RawConnection: Send {
    /// `BEGIN; SELECT … FOR UPDATE; UPDATE; COMMIT`, with a row of the history if there is one.
    async fn update(&mut self, row: Row<'_>);

    /// The same, with what needs no answer in between sent together; where the protocol has no such
    /// thing, as [`RawConnection::update`].
    async fn update_pipelined(&mut self, row: Row<'_>) {
        self.update(row).await;
    }

    /// Appends bytes to the body of a view, under its lock.
    async fn append(&mut self, name: &str, bytes: &[u8]);

    /// Inserts views with a row of the history each, or updates them so, in one transaction, many
    /// rows with a statement.
    async fn write_all(&mut self, views: &[(String, Vec<u8>)], version: i32);

    async fn get(&mut self, name: &str) -> usize;

    /// All views; the number of bytes.
    async fn list(&mut self) -> usize;
}
