use super::text::{clean_name, lowercase};
use super::violation::Rule;

const LONGEST: usize = 50;
const MOST: usize = 20;

/// One spelling per tag: in lower case, each once, sorted. A blank tag is no tag.
///
/// # Errors
/// Every tag that breaks a rule with its place in the list, or `None` for the list itself.
pub(super) fn parse(tags: &[String]) -> Result<Vec<String>, Vec<(Option<usize>, Rule)>> {
    let mut clean = Vec::new();
    let mut broken = Vec::new();
    for (place, tag) in tags.iter().enumerate() {
        match clean_name(tag, LONGEST) {
            Ok(tag) => clean.extend(tag.as_deref().map(lowercase)),
            Err(rule) => broken.push((Some(place), rule)),
        }
    }
    clean.sort_unstable();
    clean.dedup();
    if clean.len() > MOST {
        broken.push((None, Rule::TooMany { most: MOST }));
    }
    if broken.is_empty() { Ok(clean) } else { Err(broken) }
}

/// The tags with what two edits of `base` added and removed. Of one tag both sides can only want the same, so what is left
/// to go wrong is their number.
///
/// # Errors
/// When they are too many together.
pub(super) fn merge(base: &[String], yours: &[String], theirs: &[String]) -> Result<Vec<String>, Rule> {
    let added = yours.iter().filter(|tag| !base.contains(tag));
    let kept = theirs
        .iter()
        .filter(|tag| yours.contains(tag) || !base.contains(tag));
    let mut merged: Vec<String> = kept.chain(added).cloned().collect();
    merged.sort_unstable();
    merged.dedup();
    if merged.len() > MOST {
        return Err(Rule::TooMany { most: MOST });
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(tags: &[&str]) -> Result<Vec<String>, Vec<(Option<usize>, Rule)>> {
        parse(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn tags_are_one_spelling_each_sorted() {
        assert_eq!(
            tags(&["Italy  2026", " kids", "", "KIDS", "italy 2026"]),
            Ok(vec!["italy 2026".into(), "kids".into()])
        );
    }

    #[test]
    fn every_bad_tag_is_named() {
        let long = "x".repeat(51);
        let broken = tags(&["ok", "a\0b", &long]).unwrap_err();
        assert_eq!(
            broken.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
            [Some(1), Some(2)]
        );
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert_eq!(parse(&many), Err(vec![(None, Rule::TooMany { most: 20 })]));
    }

    #[test]
    fn two_edits_of_tags_are_joined_while_there_is_room() {
        let list = |tags: &str| tags.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let joined = merge(&list("a b c"), &list("b c d"), &list("a b e"));
        assert_eq!(joined, Ok(list("b d e")));
        let many: Vec<String> = (10..30).map(|n| n.to_string()).collect();
        assert_eq!(merge(&[], &list("x"), &many), Err(Rule::TooMany { most: 20 }));
    }
}
