"""Five multimodal methods to try, train and understand."""
