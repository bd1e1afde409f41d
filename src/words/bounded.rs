//! A list that never grows past the room it was made with.

/// A `Vec` whose capacity is fixed when it is made: `push` says no instead of allocating.
#[derive(Debug)]
pub struct Bounded<T> {
    items: Vec<T>,
    room: usize,
}

impl<T> Bounded<T> {
    /// An empty list with room for `room` items.
    pub fn new(room: usize) -> Self {
        Self { items: Vec::with_capacity(room), room }
    }

    /// Adds an item, or gives it back when the list is full. Thread: any; real-time.
    pub fn push(&mut self, item: T) -> Result<(), T> {
        if self.items.len() >= self.room {
            return Err(item);
        }
        self.items.push(item);
        Ok(())
    }

    /// Whether no further item fits.
    pub fn is_full(&self) -> bool {
        self.items.len() >= self.room
    }

    /// Keeps the items that `keep` likes, in their order. Thread: any; real-time where
    /// dropping a `T` is.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.items.retain(keep);
    }

    /// Forgets all items. Thread: any; real-time where dropping a `T` is.
    pub fn clear(&mut self) {
        self.items.clear();
    }
}

impl<T> std::ops::Deref for Bounded<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> std::ops::DerefMut for Bounded<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_list_gives_the_item_back_and_keeps_its_memory() {
        let mut list = Bounded::new(2);
        let place = list.items.as_ptr();
        assert_eq!(list.push(1), Ok(()));
        assert_eq!(list.push(2), Ok(()));
        assert_eq!(list.push(3), Err(3));
        assert!(list.is_full());
        list.retain(|&x| x == 2);
        assert_eq!(&*list, &[2]);
        assert_eq!(list.items.as_ptr(), place);
    }
}
