"""What a screen that stays shows: tables that fit, and what happened, newest last. Shared by all live views."""
