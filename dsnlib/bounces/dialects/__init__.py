"""The families of mail systems that write bounces in a form of their own."""
