//! Text that people write, without what nobody can see in it.
//!
//! Invisible characters make two names that look the same, a text that looks empty, or one that reads in another order
//! than it is written. They come along unseen when text is copied, so they are taken out, not complained about: nobody
//! could find what to mend.

/// The text without its invisible characters, and without white space around what is left.
///
/// Joiners (ZWJ, ZWNJ) stay between two characters that can be seen, where emoji and some scripts need them, and so do
/// the tags of an emoji flag. Control characters are left for the caller to refuse.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let before = kept.chars().next_back();
        let stays = if is_joiner(c) {
            // What would not stay behind a joiner is not what it joins.
            let gone = |c: char| is_joiner(c) || is_invisible(c) || is_variation_selector(c);
            let after = rest.clone().find(|c| !gone(*c));
            before.is_some_and(|c| !is_joiner(c) && joins(c)) && after.is_some_and(joins)
        } else if is_flag_tag(c) {
            before.is_some_and(|c| c == BLACK_FLAG || is_flag_tag(c))
        } else if is_variation_selector(c) {
            before.is_some_and(|c| !is_joiner(c) && joins(c))
        } else {
            !is_invisible(c)
        };
        if stays {
            kept.push(c);
        }
    }
    kept.trim().to_owned()
}

/// Whether this is no sign but an instruction: a control character, or one of the two that Unicode has for the end of a
/// line and of a paragraph. Text on one line has none.
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

const BLACK_FLAG: char = '\u{1f3f4}';

const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

const fn is_flag_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

const fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}')
}

fn joins(c: char) -> bool {
    !c.is_whitespace() && !c.is_control()
}

/// What has no shape of its own in any text: fillers, zero widths, marks and controls of the writing direction.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180e}'..='\u{180f}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_cannot_be_seen_is_taken_out() {
        for hidden in [
            "\u{ad}",
            "\u{200b}",
            "\u{200e}",
            "\u{202e}",
            "\u{2066}",
            "\u{2069}",
            "\u{3164}",
            "\u{feff}",
            "\u{e0001}",
            "\u{200b}\u{200d}",
            "\u{2800}",
        ] {
            assert_eq!(visible(hidden), "", "{hidden:?}");
            assert_eq!(
                visible(&format!("Br{hidden}ead")).replace('\u{200d}', ""),
                "Bread",
                "{hidden:?}"
            );
            assert_eq!(
                visible(&format!(" {hidden} Bread {hidden}")),
                "Bread",
                "{hidden:?}"
            );
        }
        for alone in [
            "\u{200c}",
            "\u{200d}\u{200d}",
            "\u{fe0f}",
            "\u{e0041}",
            " \u{200d} ",
        ] {
            assert_eq!(visible(alone), "", "{alone:?}");
        }
    }

    #[test]
    fn what_shapes_something_that_is_seen_stays() {
        for text in [
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "葛\u{e0100}",
            "two\nlines\tand a tab",
        ] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn taking_out_twice_takes_out_no_more() {
        const SIGNS: [&str; 8] = [
            "a",
            " ",
            "\u{200d}",
            "\u{200b}",
            "\u{fe0f}",
            "\u{e0067}",
            "🏴",
            "\u{202e}",
        ];
        for number in 0..SIGNS.len().pow(5) {
            let text: String = (0..5)
                .map(|place| SIGNS[number / SIGNS.len().pow(place) % SIGNS.len()])
                .collect();
            let once = visible(&text);
            assert_eq!(visible(&once), once, "{text:?}");
        }
    }
}
