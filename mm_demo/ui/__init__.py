"""What tabs are made of: theme and style sheet, cards, charts, the training panel, the visitor's runs."""
