//! Which of a stream's cursors may have something to send. One task serves all of them: each wakes it with a waker of its
//! own, so that the task looks at those that woke it and not at every view of the stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// A flag per member of a group that one task serves.
#[derive(Debug)]
pub struct ReadySet {
    flags: Arc<ReadyFlags>,
    /// One per member; none where there is only one member, which has the task's own.
    wakers: Vec<Waker>,
}

#[derive(Debug)]
struct ReadyFlags {
    flags: Box<[AtomicBool]>,
    task: AtomicWaker,
}

/// Wakes the task for one member.
struct MemberWaker {
    of: Arc<ReadyFlags>,
    member: usize,
}

impl Wake for MemberWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // A flag that is up already was raised with a wake of the task, or by the task.
        if !self.of.flags[self.member].swap(true, Ordering::AcqRel) {
            self.of.task.wake();
        }
    }
}

impl ReadySet {
    /// So many members, all of them ready.
    pub fn all(members: usize) -> Self {
        let flags = (0..members).map(|_| AtomicBool::new(true)).collect();
        let flags = Arc::new(ReadyFlags { flags, task: AtomicWaker::new() });
        let waker = |member| Arc::new(MemberWaker { of: Arc::clone(&flags), member }).into();
        let wakers = if members > 1 { (0..members).map(waker).collect() } else { Vec::new() };
        Self { flags, wakers }
    }

    /// Looks at the members that are ready, in turn from `turn` on, and at the member `always` in any case. The first
    /// that has something stays ready, as do those that were not looked at. The others wake the task of `cx`.
    pub fn poll<T>(
        &self,
        cx: &Context<'_>,
        turn: usize,
        always: usize,
        mut look: impl FnMut(usize, &Context<'_>) -> Poll<T>,
    ) -> Poll<(usize, T)> {
        if self.wakers.is_empty() {
            return look(always, cx).map(|found| (always, found));
        }
        self.flags.task.register(cx.waker());
        let count = self.wakers.len();
        for member in (0..count).map(|nth| (turn + nth) % count) {
            let flag = &self.flags.flags[member];
            // Lowered before the look, so that what happens meanwhile raises it again.
            let is_ready = flag.load(Ordering::Acquire) && flag.swap(false, Ordering::AcqRel);
            if !is_ready && member != always {
                continue;
            }
            if let Poll::Ready(found) = look(member, &Context::from_waker(&self.wakers[member])) {
                flag.store(true, Ordering::Release);
                return Poll::Ready((member, found));
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::atomic::AtomicUsize;

    use proptest::prelude::*;

    use super::{Arc, Context, Ordering, Poll, ReadySet, Wake, Waker};

    /// Counts how often the task was woken.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A group, of which every member has so much to send, and the waker that each was last looked at with.
    struct Group {
        set: ReadySet,
        task: Arc<Task>,
        left: RefCell<Vec<usize>>,
        wakers: RefCell<Vec<Option<Waker>>>,
    }

    impl Group {
        fn of(left: &[usize]) -> Self {
            Self {
                set: ReadySet::all(left.len()),
                task: Arc::default(),
                left: RefCell::new(left.to_vec()),
                wakers: RefCell::new(vec![None; left.len()]),
            }
        }

        /// A member has one thing more to send.
        fn give(&self, member: usize) {
            self.left.borrow_mut()[member] += 1;
            if let Some(waker) = self.wakers.borrow_mut()[member].take() {
                waker.wake();
            }
        }

        /// Polls until nothing is found: the members that were looked at, and those that had something.
        fn run(&self, turn: usize, always: usize) -> (Vec<usize>, Vec<usize>) {
            let (mut looked, mut found) = (Vec::new(), Vec::new());
            let waker = Waker::from(Arc::clone(&self.task));
            let cx = Context::from_waker(&waker);
            while let Poll::Ready((member, ())) = self.set.poll(&cx, turn, always, |member, cx| {
                looked.push(member);
                let left = &mut self.left.borrow_mut()[member];
                if *left > 0 {
                    *left -= 1;
                    return Poll::Ready(());
                }
                self.wakers.borrow_mut()[member] = Some(cx.waker().clone());
                Poll::Pending
            }) {
                found.push(member);
            }
            (looked, found)
        }

        fn woken(&self) -> usize {
            self.task.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn all_are_looked_at_first_and_later_those_that_woke_the_task_and_one_always() {
        let group = Group::of(&[0; 5]);
        assert_eq!(group.run(3, 0), (vec![3, 4, 0, 1, 2], vec![]));
        assert_eq!(group.run(3, 0), (vec![0], vec![]));
        group.give(4);
        group.give(2);
        assert_eq!(group.woken(), 1, "it has not looked since");
        // Each is looked at once more after it had something.
        assert_eq!(group.run(3, 0), (vec![4, 4, 0, 2, 0, 2], vec![4, 2]));
        assert_eq!(group.run(3, 1), (vec![1], vec![]));
    }

    #[test]
    fn a_member_that_wakes_again_and_again_wakes_the_task_once_until_it_is_looked_at() {
        let group = Group::of(&[0; 2]);
        group.run(0, 0);
        let waker = group.wakers.borrow()[1].clone().expect("looked at");
        (0..5).for_each(|_| waker.wake_by_ref());
        assert_eq!(group.woken(), 1);
        group.run(0, 0);
        waker.wake_by_ref();
        assert_eq!(group.woken(), 2);
    }

    #[test]
    fn what_happens_during_a_look_is_looked_at_next_time() {
        let set = ReadySet::all(2);
        let task = Arc::<Task>::default();
        let waker = Waker::from(Arc::clone(&task));
        let looked = |wakes: bool| {
            let mut looked = Vec::new();
            let poll = set.poll(&Context::from_waker(&waker), 0, 0, |member, cx| {
                looked.push(member);
                if wakes && member == 1 {
                    cx.waker().wake_by_ref();
                }
                Poll::<()>::Pending
            });
            assert!(poll.is_pending());
            looked
        };
        assert_eq!(looked(true), [0, 1]);
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
        assert_eq!(looked(false), [0, 1]);
        assert_eq!(looked(false), [0]);
    }

    #[test]
    fn a_single_member_has_the_waker_of_the_task() {
        let group = Group::of(&[1]);
        assert_eq!(group.run(7, 0), (vec![0, 0], vec![0]));
        let waker = Waker::from(Arc::clone(&group.task));
        assert!(group.wakers.borrow()[0].as_ref().is_some_and(|known| known.will_wake(&waker)));
    }

    proptest! {
        #[test]
        fn everything_that_members_have_is_found_once_and_in_the_end_nothing_is_left(
            left in proptest::collection::vec(0usize..3, 1..40),
            given in proptest::collection::vec((0usize..40, 0usize..100, any::<bool>()), 0..60),
        ) {
            let (group, count) = (Group::of(&left), left.len());
            let mut expected = left;
            let mut found = vec![0; count];
            for (member, turn, runs) in given {
                let member = member % count;
                group.give(member);
                expected[member] += 1;
                if runs {
                    group.run(turn, member).1.into_iter().for_each(|member| found[member] += 1);
                }
            }
            group.run(0, 0).1.into_iter().for_each(|member| found[member] += 1);
            prop_assert_eq!(found, expected);
        }
    }
}
