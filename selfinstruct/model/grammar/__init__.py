"""The grammar of the offline model: tasks that it writes and answers, and the forms that replies have."""
